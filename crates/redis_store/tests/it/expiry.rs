//! Counts by the server's own clock, as in use. What they mean is proven over each store, in `accounts`.

use crate::{probed, settings};
use redis_store::rate_limit::{self, Decision, Quota};
use redis_store::{Redis, Unreachable, throttle};
use std::num::NonZeroU32;
use store::throttle::{Bucket, Budget, Key, micros};
use testkit::Valkey;
use time::Duration;

const NAMES: [Key; 2] = [[7; 32], [8; 32]];

/// The milliseconds that a time is rounded to, twice.
const ROUNDED: i64 = 2_000;

struct Counting {
    valkey: Valkey,
    redis: Redis,
}

impl Counting {
    async fn new() -> Self {
        let valkey = Valkey::start();
        let redis = probed(&settings(&valkey)).await;
        Self { valkey, redis }
    }

    fn keys(&self) -> Vec<String> {
        self.valkey.keys().into_iter().filter(|key| !key.ends_with(":probe")).collect()
    }

    /// All keys that this writes expire so long after it.
    async fn lasts<T>(&self, lasts: Duration, what: impl AsyncFnOnce() -> Result<T, Unreachable>) -> T {
        self.valkey.flush();
        let before = self.valkey.time();
        let done = what().await.unwrap();
        let due = before + micros(lasts) - ROUNDED..=self.valkey.time() + micros(lasts) + ROUNDED;
        let keys = self.keys();
        assert!(!keys.is_empty());
        for key in keys {
            let at = self.valkey.ask(&["PEXPIRETIME", &key]).into_text().parse::<i64>().unwrap() * 1_000;
            assert!(due.contains(&at), "{key}: {at} is not in {due:?}");
        }
        done
    }

    async fn fail(&self, delays: &[i32]) -> Result<i64, Unreachable> {
        let [name, account] = &NAMES;
        let (_, at) = throttle::fail(&self.redis, (name, account), delays, Duration::DAY, None).await?;
        Ok(at)
    }
}

fn an_hour_s(key: u8, burst: i32) -> Budget {
    Budget { key: [key; 32], bucket: Bucket { burst, interval: Duration::HOUR } }
}

#[tokio::test]
async fn tries_expire_when_they_are_there_again() {
    let counting = Counting::new().await;
    let (redis, hour) = (&counting.redis, Duration::HOUR);
    let both = [an_hour_s(1, 1), an_hour_s(2, 5)];
    let used_up = async || {
        assert_eq!(throttle::take(redis, &both, None).await?, None);
        throttle::take(redis, &both, None).await
    };
    let (place, wait) = counting.lasts(hour, used_up).await.unwrap();
    assert!(place == 0 && wait > Duration::ZERO && wait <= hour, "{place} {wait}");
    let put_back = async || {
        for _ in 0..2 {
            throttle::take(redis, &both[1..], None).await?;
        }
        throttle::put_back(redis, &both[1], None).await
    };
    counting.lasts(hour, put_back).await;
    let counted = async || throttle::count(redis, &[([1; 32], hour), ([2; 32], hour)], 1, None).await;
    assert_eq!(counting.lasts(hour, counted).await, [true, true]);
    let too_many = async || {
        for _ in 0..3 {
            counted().await?;
        }
        counted().await
    };
    assert_eq!(counting.lasts(hour, too_many).await, [false, false]);
}

#[tokio::test]
async fn failures_expire_with_their_memory_and_their_wait() {
    let counting = Counting::new().await;
    counting.lasts(Duration::DAY, async || counting.fail(&[0]).await).await;
    let wait = 2 * 86_400;
    counting.lasts(Duration::days(2), async || counting.fail(&[wait]).await).await;
    let given_back = async || {
        let at = counting.fail(&[0]).await?;
        throttle::give_back(&counting.redis, &NAMES, at, None).await
    };
    counting.lasts(Duration::DAY, given_back).await;
    let forgiven = NAMES.map(|key| (key, Duration::ZERO));
    throttle::forgive(&counting.redis, &forgiven, None).await.unwrap();
    assert_eq!(counting.keys(), [""; 0]);
}

#[tokio::test]
async fn calls_expire_when_they_are_there_again() {
    let counting = Counting::new().await;
    let quota = |key: u8| Quota { key: [key; 32], per_minute: NonZeroU32::MIN };
    let call = async || rate_limit::count(&counting.redis, quota(1), Some(quota(2)), None).await;
    assert_eq!(counting.lasts(Duration::MINUTE, call).await, Decision::Admitted { left: 0 });
    let refused = async || {
        call().await?;
        call().await
    };
    let Decision::Refused { wait } = counting.lasts(Duration::MINUTE, refused).await else {
        panic!("there was one");
    };
    assert!(wait > Duration::ZERO && wait <= Duration::MINUTE, "{wait}");
}
