//! The counts in Redis. A refund is sent at most once, whatever comes of it, and forgiving is repeated until Redis has
//! confirmed it: where an answer is lost, somebody may have a try less, and nobody ever has one more.

use crate::limits::key::RedisKeys;
use crate::limits::moment::Moment;
use redis_store::{Redis, Unreachable, throttle};
use std::collections::BTreeMap;
use std::iter;
use std::sync::{Mutex, MutexGuard, PoisonError};
use store::throttle::{Budget, Counted, Key, Micros, UsedUp};
use time::Duration;

/// How many keys one script forgives when it is repeated.
const AT_ONCE: usize = 1_000;

/// How many keys wait to be forgiven at most, some 5 MB; what comes later waits as it did before.
const MOST_PENDING: usize = 100_000;

pub(crate) struct RedisCounts {
    redis: Redis,
    keys: RedisKeys,
    pending: Mutex<Forgiven>,
}

/// Keys whose failures are forgiven, and when they were, by this server's clock.
type Forgiven = BTreeMap<Key, Duration>;

/// What Redis is told to forgive. Unless it confirms that, the keys stay pending, also where the caller went away.
struct Unconfirmed<'a> {
    keys: Forgiven,
    pending: &'a Mutex<Forgiven>,
}

impl RedisCounts {
    pub(crate) fn new(redis: Redis, keys: RedisKeys) -> Self {
        Self { redis, keys, pending: Mutex::default() }
    }

    #[cfg(test)]
    pub(crate) fn redis(&self) -> &Redis {
        &self.redis
    }

    pub(crate) async fn take(&self, budgets: &[Budget], now: Moment) -> Result<Option<UsedUp>, Unreachable> {
        let kept: Vec<_> = budgets.iter().map(|budget| self.kept(budget)).collect();
        let used_up = throttle::take(&self.redis, &kept, now.fixed).await?;
        Ok(used_up.and_then(|(place, wait)| Some(UsedUp { key: budgets.get(place)?.key, wait })))
    }

    pub(crate) async fn count(
        &self,
        tries: &[(Key, Duration)],
        burst: i32,
        now: Moment,
    ) -> Result<Vec<bool>, Unreachable> {
        let tries: Vec<_> = tries.iter().map(|(key, interval)| (self.keys.of(key), *interval)).collect();
        throttle::count(&self.redis, &tries, burst, now.fixed).await
    }

    pub(crate) async fn fail(
        &self,
        (name, account): (&Key, &Key),
        delays: &[i32],
        memory: Duration,
        now: Moment,
    ) -> Result<(Counted, Micros), Unreachable> {
        let names = (&self.keys.of(name), &self.keys.of(account));
        throttle::fail(&self.redis, names, delays, memory, now.fixed).await
    }

    /// Refunds a try if Redis can be reached.
    pub(crate) async fn put_back(&self, budget: &Budget, now: Moment) {
        throttle::put_back(&self.redis, &self.kept(budget), now.fixed).await.ok();
    }

    /// Refunds a failure that was counted at that time of Redis' clock, if Redis can be reached.
    pub(crate) async fn give_back(&self, keys: &[Key], at: Micros, now: Moment) {
        let keys: Vec<_> = keys.iter().map(|key| self.keys.of(key)).collect();
        throttle::give_back(&self.redis, &keys, at, now.fixed).await.ok();
    }

    /// Forgives all failures up to now, at once or by [`Self::settle`].
    pub(crate) async fn forgive(&self, keys: &[Key], now: Moment) {
        let keys = keys.iter().map(|key| (self.keys.of(key), now.elapsed)).collect();
        self.tell(Unconfirmed { keys, pending: &self.pending }, now).await.ok();
    }

    /// Repeats what Redis has not confirmed. For a job: no request waits for it.
    pub(crate) async fn settle(&self, now: Moment) {
        loop {
            let some = self.some_pending();
            if some.keys.is_empty() || self.tell(some, now).await.is_err() {
                return;
            }
        }
    }

    fn some_pending(&self) -> Unconfirmed<'_> {
        let mut pending = lock(&self.pending);
        let keys = iter::from_fn(|| pending.pop_first()).take(AT_ONCE).collect();
        Unconfirmed { keys, pending: &self.pending }
    }

    async fn tell(&self, mut unconfirmed: Unconfirmed<'_>, now: Moment) -> Result<(), Unreachable> {
        let ago = |(key, at): (&Key, &Duration)| (*key, now.elapsed - *at);
        let forgiven: Vec<_> = unconfirmed.keys.iter().map(ago).collect();
        throttle::forgive(&self.redis, &forgiven, now.fixed).await?;
        unconfirmed.keys.clear();
        Ok(())
    }

    /// A budget as Redis holds it.
    fn kept(&self, budget: &Budget) -> Budget {
        Budget { key: self.keys.of(&budget.key), bucket: budget.bucket }
    }
}

impl Drop for Unconfirmed<'_> {
    fn drop(&mut self) {
        let mut pending = lock(self.pending);
        for (key, at) in std::mem::take(&mut self.keys) {
            if pending.len() < MOST_PENDING {
                let last = pending.entry(key).or_insert(at);
                *last = at.max(*last);
            }
        }
    }
}

fn lock(pending: &Mutex<Forgiven>) -> MutexGuard<'_, Forgiven> {
    pending.lock().unwrap_or_else(PoisonError::into_inner)
}
