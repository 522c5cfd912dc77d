use super::*;
use std::sync::Mutex;
use time::macros::datetime;
use uuid::Uuid;

/// A clock that can be set back.
struct Hand(Mutex<(OffsetDateTime, Duration)>);

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        self.0.lock().unwrap().0
    }

    fn elapsed(&self) -> Duration {
        self.0.lock().unwrap().1
    }
}

fn calls(most: usize, limit: u32) -> (Calls, Arc<Hand>) {
    let hand = Arc::new(Hand(Mutex::new((datetime!(2026-11-20 12:00 UTC), Duration::hours(1)))));
    let clock: Arc<dyn Clock> = hand.clone();
    (Calls::holding(most, NonZeroU32::new(limit).unwrap(), &clock), hand)
}

fn advance(hand: &Hand, by: Duration) {
    let mut hand = hand.0.lock().unwrap();
    *hand = (hand.0 + by, hand.1 + by);
}

fn kept(calls: &Calls) -> usize {
    calls.shards.iter().map(|shard| shard.limiter.len()).sum()
}

fn session(n: usize) -> Who {
    Who::Session(SessionId(Uuid::from_u128(n as u128)))
}

fn address(n: u32) -> Who {
    Who::Programs(n.to_be_bytes().to_vec())
}

#[test]
fn sixty_a_minute_come_back_one_a_second() {
    let (calls, hand) = calls(MOST_COUNTS, 60);
    for left in (0..60).rev() {
        let allowance = Allowance { limit: 60, left, more_in: Duration::SECOND, admitted: true };
        assert_eq!(calls.count(&address(1)), allowance);
    }
    let refused = Allowance { limit: 60, left: 0, more_in: Duration::SECOND, admitted: false };
    assert_eq!(calls.count(&address(1)), refused);
    assert!(calls.count(&address(2)).admitted, "somebody else has their own");
    advance(&hand, Duration::milliseconds(999));
    assert_eq!(calls.count(&address(1)), Allowance { more_in: Duration::MILLISECOND, ..refused });
    advance(&hand, Duration::MILLISECOND);
    assert!(calls.count(&address(1)).admitted && !calls.count(&address(1)).admitted);
    advance(&hand, Duration::hours(1));
    assert_eq!(calls.count(&address(1)).left, 59, "and never more than a minute's");
}

#[test]
fn a_network_has_ten_times_the_calls_of_an_address() {
    let (calls, hand) = calls(MOST_COUNTS, 60);
    for n in 0..600 {
        assert!(calls.count(&address(n % 10)).admitted, "{n}");
    }
    let refused = Allowance { limit: 60, left: 0, more_in: Duration::milliseconds(100), admitted: false };
    assert_eq!(calls.count(&address(255)), refused);
    assert!(calls.count(&address(256)).admitted && calls.count(&session(1)).admitted);
    advance(&hand, Duration::milliseconds(100));
    assert!(calls.count(&address(255)).admitted && !calls.count(&address(255)).admitted);
}

#[test]
fn a_clock_that_is_set_back_refuses_nobody() {
    let (calls, hand) = calls(MOST_COUNTS, 60);
    for _ in 0..60 {
        assert!(calls.count(&address(1)).admitted);
    }
    hand.0.lock().unwrap().0 -= Duration::hours(1);
    assert_eq!(calls.count(&address(1)).more_in, Duration::SECOND);
    advance(&hand, Duration::SECOND);
    assert!(calls.count(&address(1)).admitted);
}

#[test]
fn zero_is_no_limit() {
    let (_, hand) = calls(MOST_COUNTS, 1);
    let clock: Arc<dyn Clock> = hand;
    assert!(Calls::new(0, &clock).is_none());
}

#[test]
fn addresses_without_end_leave_few_counts() {
    let (calls, hand) = calls(MOST_COUNTS, 60);
    for n in 0..100_000 {
        assert!(calls.count(&address(n)).admitted);
        assert!(kept(&calls) <= 2 * SWEEP_AFTER + 2_000);
        advance(&hand, Duration::MILLISECOND);
    }
}

#[test]
fn more_addresses_than_there_is_room_for_share_one_count_and_sessions_do_not() {
    let (calls, hand) = calls(SWEEP_AFTER, 60);
    for n in 0..100_000 {
        calls.count(&address(n));
    }
    assert!(kept(&calls) <= 2 * SWEEP_AFTER);
    assert!(!calls.count(&address(1_000_000)).admitted, "never unlimited");
    assert!(calls.count(&session(0)).admitted);
    advance(&hand, Duration::MINUTE);
    // The crowd is gone once the next sweep has seen it.
    for n in 0..4 * SWEEP_AFTER {
        calls.count(&session(n % 1_000));
    }
    assert!(calls.count(&address(1)).admitted && calls.count(&address(1)).left == 58);
}

#[test]
fn five_hundred_at_once_are_sixty() {
    let (calls, _) = calls(MOST_COUNTS, 60);
    let admitted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                for _ in 0..50 {
                    admitted.fetch_add(calls.count(&address(1)).admitted.into(), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(admitted.into_inner(), 60);
}
