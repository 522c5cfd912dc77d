use super::*;
use domain::SessionId;
use std::sync::Mutex;
use time::OffsetDateTime;
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

fn limiter(most: usize, limit: u32) -> (Memory, Arc<Hand>) {
    let hand = Arc::new(Hand(Mutex::new((datetime!(2026-11-20 12:00 UTC), Duration::hours(1)))));
    let clock: Arc<dyn Clock> = hand.clone();
    (Memory::holding(most, NonZeroU32::new(limit).unwrap(), &clock), hand)
}

fn advance(hand: &Hand, by: Duration) {
    let mut hand = hand.0.lock().unwrap();
    *hand = (hand.0 + by, hand.1 + by);
}

fn kept(limiter: &Memory) -> usize {
    limiter.shards.iter().map(|shard| shard.limiter.len()).sum()
}

fn session(n: usize) -> Principal {
    Principal::Session(SessionId(Uuid::from_u128(n as u128)))
}

fn address(n: u32) -> Principal {
    Principal::Programs(n.to_be_bytes().to_vec())
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
