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

fn limiter(most: usize, limit: u32) -> (RateLimiter, Arc<Hand>) {
    let hand = Arc::new(Hand(Mutex::new((datetime!(2026-11-20 12:00 UTC), Duration::hours(1)))));
    let clock: Arc<dyn Clock> = hand.clone();
    (RateLimiter::holding(most, NonZeroU32::new(limit).unwrap(), &clock), hand)
}

fn advance(hand: &Hand, by: Duration) {
    let mut hand = hand.0.lock().unwrap();
    *hand = (hand.0 + by, hand.1 + by);
}

fn kept(limiter: &RateLimiter) -> usize {
    limiter.shards.iter().map(|shard| shard.limiter.len()).sum()
}

fn session(n: usize) -> Principal {
    Principal::Session(SessionId(Uuid::from_u128(n as u128)))
}

fn address(n: u32) -> Principal {
    Principal::Programs(n.to_be_bytes().to_vec())
}

#[test]
fn sixty_a_minute_come_back_one_a_second() {
    let (limiter, hand) = limiter(MOST_COUNTS, 60);
    for left in (0..60).rev() {
        let admitted = RateLimit { limit: 60, left, more_in: Duration::SECOND, admitted: true };
        assert_eq!(limiter.count(&address(1)), admitted);
    }
    let refused = RateLimit { limit: 60, left: 0, more_in: Duration::SECOND, admitted: false };
    assert_eq!(limiter.count(&address(1)), refused);
    assert!(limiter.count(&address(2)).admitted, "somebody else has their own");
    advance(&hand, Duration::milliseconds(999));
    assert_eq!(limiter.count(&address(1)), RateLimit { more_in: Duration::MILLISECOND, ..refused });
    advance(&hand, Duration::MILLISECOND);
    assert!(limiter.count(&address(1)).admitted && !limiter.count(&address(1)).admitted);
    advance(&hand, Duration::hours(1));
    assert_eq!(limiter.count(&address(1)).left, 59, "and never more than a minute's");
}

#[test]
fn a_network_has_ten_times_the_calls_of_an_address() {
    let (limiter, hand) = limiter(MOST_COUNTS, 60);
    for n in 0..600 {
        assert!(limiter.count(&address(n % 10)).admitted, "{n}");
    }
    let refused = RateLimit { limit: 60, left: 0, more_in: Duration::milliseconds(100), admitted: false };
    assert_eq!(limiter.count(&address(255)), refused);
    assert!(limiter.count(&address(256)).admitted && limiter.count(&session(1)).admitted);
    advance(&hand, Duration::milliseconds(100));
    assert!(limiter.count(&address(255)).admitted && !limiter.count(&address(255)).admitted);
}

#[test]
fn a_clock_that_is_set_back_refuses_nobody() {
    let (limiter, hand) = limiter(MOST_COUNTS, 60);
    for _ in 0..60 {
        assert!(limiter.count(&address(1)).admitted);
    }
    hand.0.lock().unwrap().0 -= Duration::hours(1);
    assert_eq!(limiter.count(&address(1)).more_in, Duration::SECOND);
    advance(&hand, Duration::SECOND);
    assert!(limiter.count(&address(1)).admitted);
}

#[test]
fn zero_is_no_limit() {
    let (_, hand) = limiter(MOST_COUNTS, 1);
    let clock: Arc<dyn Clock> = hand;
    assert!(RateLimiter::new(0, &clock).is_none());
}

#[test]
fn addresses_without_end_leave_few_counts() {
    let (limiter, hand) = limiter(MOST_COUNTS, 60);
    for n in 0..100_000 {
        assert!(limiter.count(&address(n)).admitted);
        assert!(kept(&limiter) <= 2 * SWEEP_AFTER + 2_000);
        advance(&hand, Duration::MILLISECOND);
    }
}

#[test]
fn more_addresses_than_there_is_room_for_share_one_count_and_sessions_do_not() {
    let (limiter, hand) = limiter(SWEEP_AFTER, 60);
    for n in 0..100_000 {
        limiter.count(&address(n));
    }
    assert!(kept(&limiter) <= 2 * SWEEP_AFTER);
    assert!(!limiter.count(&address(1_000_000)).admitted, "never unlimited");
    assert!(limiter.count(&session(0)).admitted);
    advance(&hand, Duration::MINUTE);
    // The crowd is gone once the next sweep has seen it.
    for n in 0..4 * SWEEP_AFTER {
        limiter.count(&session(n % 1_000));
    }
    assert!(limiter.count(&address(1)).admitted && limiter.count(&address(1)).left == 58);
}

#[test]
fn five_hundred_at_once_are_sixty() {
    let (limiter, _) = limiter(MOST_COUNTS, 60);
    let admitted = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..10 {
            scope.spawn(|| {
                for _ in 0..50 {
                    admitted.fetch_add(limiter.count(&address(1)).admitted.into(), Ordering::Relaxed);
                }
            });
        }
    });
    assert_eq!(admitted.into_inner(), 60);
}
