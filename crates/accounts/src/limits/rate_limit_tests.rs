use super::*;
use domain::SessionId;
use std::sync::Mutex;
use testkit::{Valkey, patient};
use time::macros::datetime;
use tokio::task::JoinSet;
use uuid::Uuid;

/// A clock moved by hand, for both: memory counts by what has elapsed.
#[derive(Default)]
struct Hand(Mutex<Duration>);

impl Clock for Hand {
    fn now(&self) -> OffsetDateTime {
        datetime!(2026-11-20 12:00 UTC) + self.elapsed()
    }

    fn elapsed(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

/// A limiter over one of the stores.
#[derive(Clone)]
struct Limiting {
    limiter: Arc<RateLimiter>,
    hand: Arc<Hand>,
    valkey: Option<Arc<Valkey>>,
}

impl Limiting {
    fn over(valkey: Option<Valkey>, limit: u32) -> Self {
        let redis = valkey.as_ref().map(|valkey| Redis::open(&patient(valkey)).unwrap());
        let hand = Arc::new(Hand::default());
        let clock: Arc<dyn Clock> = hand.clone();
        let limiter = Arc::new(RateLimiter::new(limit, redis, keys(), &clock).unwrap());
        Self { limiter, hand, valkey: valkey.map(Arc::new) }
    }

    async fn count(&self, caller: &Principal) -> RateLimit {
        let now = self.hand.now().unix_timestamp_nanos() / 1_000;
        self.limiter.count(caller, Some(now.try_into().unwrap())).await
    }

    async fn admits(&self, caller: &Principal) -> bool {
        self.count(caller).await.admitted
    }

    async fn admitted_of_a_hundred(&self) -> u32 {
        let mut admitted = 0;
        for _ in 0..100 {
            admitted += u32::from(self.admits(&session(1)).await);
        }
        admitted
    }

    fn advance(&self, by: Duration) {
        *self.hand.0.lock().unwrap() += by;
    }
}

fn keys() -> RedisKeys {
    RedisKeys::new(&[3; 32])
}

/// A limiter in memory, and one in Redis.
fn over_each_store(limit: u32) -> [Limiting; 2] {
    [None, Some(Valkey::start())].map(|valkey| Limiting::over(valkey, limit))
}

fn session(n: u128) -> Principal {
    Principal::Session(SessionId(Uuid::from_u128(n)))
}

fn address(n: u32) -> Principal {
    Principal::Programs(n.to_be_bytes().to_vec())
}

#[tokio::test]
async fn sixty_a_minute_come_back_one_a_second() {
    for limiting in over_each_store(60) {
        for left in (0..60).rev() {
            let admitted = RateLimit { limit: 60, left, more_in: Duration::SECOND, admitted: true };
            assert_eq!(limiting.count(&address(1)).await, admitted);
        }
        let refused = RateLimit { limit: 60, left: 0, more_in: Duration::SECOND, admitted: false };
        assert_eq!(limiting.count(&address(1)).await, refused);
        assert!(limiting.admits(&address(2)).await, "somebody else has their own");
        let Principal::Programs(same) = address(1) else { continue };
        assert!(limiting.admits(&Principal::Browsers(same)).await, "and so have browsers");
        limiting.advance(Duration::milliseconds(999));
        assert_eq!(
            limiting.count(&address(1)).await,
            RateLimit { more_in: Duration::MILLISECOND, ..refused }
        );
        limiting.advance(Duration::MILLISECOND);
        assert!(limiting.admits(&address(1)).await && !limiting.admits(&address(1)).await);
        limiting.advance(Duration::hours(1));
        assert_eq!(limiting.count(&address(1)).await.left, 59, "and never more than a minute's");
    }
}

#[tokio::test]
async fn a_network_has_ten_times_the_calls_of_an_address() {
    for limiting in over_each_store(60) {
        for n in 0..600 {
            assert!(limiting.admits(&address(n % 10)).await, "{n}");
        }
        let refused = RateLimit { limit: 60, left: 0, more_in: Duration::milliseconds(100), admitted: false };
        assert_eq!(limiting.count(&address(255)).await, refused);
        assert!(limiting.admits(&address(256)).await && limiting.admits(&session(1)).await);
        limiting.advance(Duration::milliseconds(100));
        assert!(limiting.admits(&address(255)).await && !limiting.admits(&address(255)).await);
    }
}

#[tokio::test]
async fn five_hundred_at_once_are_sixty() {
    for limiting in over_each_store(60) {
        let mut calls = JoinSet::new();
        for _ in 0..500 {
            let limiting = limiting.clone();
            calls.spawn(async move { limiting.admits(&address(1)).await });
        }
        let admitted = calls.join_all().await.into_iter().filter(|admitted| *admitted).count();
        assert_eq!(admitted, 60);
    }
}

#[test]
fn zero_is_no_limit() {
    let clock: Arc<dyn Clock> = Arc::new(Hand::default());
    assert!(RateLimiter::new(0, None, keys(), &clock).is_none());
}

#[tokio::test]
async fn while_redis_is_down_each_replica_admits_half() {
    for (limit, half) in [(60, 30), (7, 3), (1, 1)] {
        let mut limiting = Limiting::over(Some(Valkey::start()), limit);
        assert_eq!(limiting.admitted_of_a_hundred().await, limit);
        limiting.valkey.as_mut().and_then(Arc::get_mut).unwrap().kill();
        assert_eq!(limiting.admitted_of_a_hundred().await, half, "of {limit}");
        let refused = limiting.count(&session(1)).await;
        assert_eq!((refused.limit, refused.left, refused.admitted), (half, 0, false));
        limiting.advance(Duration::MINUTE);
        assert!(limiting.admits(&session(1)).await, "nobody is refused for good");
    }
}

/// P23: without a clock that a test moves, Redis counts by its own.
#[tokio::test]
async fn counts_are_by_the_clock_of_redis_and_go_by_themselves() {
    let limiting = Limiting::over(Some(Valkey::start()), 6);
    let valkey = limiting.valkey.as_ref().unwrap();
    let before = valkey.time();
    for _ in 0..2 {
        assert!(limiting.limiter.count(&session(1), None).await.admitted);
    }
    let after = valkey.time();
    let key = valkey.keys().into_iter().find(|key| key.contains(":calls")).unwrap();
    let paid_until: i64 = valkey.ask(&["GET", &key]).into_text().parse().unwrap();
    assert!((before + 20_000_000..=after + 20_000_000).contains(&paid_until));
    let lasts: i64 = valkey.ask(&["PTTL", &key]).into_text().parse().unwrap();
    assert!((1..=20_000).contains(&lasts), "{lasts}");
}

#[tokio::test]
async fn a_redis_whose_clock_was_set_back_refuses_nobody() {
    let limiting = Limiting::over(Some(Valkey::start()), 60);
    limiting.advance(Duration::hours(2));
    for _ in 0..60 {
        assert!(limiting.admits(&session(1)).await);
    }
    limiting.advance(-Duration::hours(1));
    for _ in 0..60 {
        assert!(limiting.admits(&session(1)).await);
    }
    assert!(!limiting.admits(&session(1)).await, "never unlimited");
}
