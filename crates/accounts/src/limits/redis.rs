//! The counts in Redis, and what it has yet to take back.

use crate::limits::moment::Moment;
use redis_store::{Redis, Unreachable, throttle};
use store::throttle::{Budget, Counted, Key, Micros, UsedUp};
use time::Duration;
use tokio::sync::Mutex;

/// How many keys one script forgives.
const AT_ONCE: usize = 1_000;

/// How much is owed at most, some 5 MB; what comes later waits as it did before.
const MOST_OWED: usize = 100_000;

pub(crate) struct RedisCounts {
    redis: Redis,
    owed: Mutex<Owed>,
}

/// What is taken back.
pub(crate) enum TakenBack {
    /// A try of a budget.
    Try(Budget),
    /// A failure that was counted at that time of Redis' clock.
    Failure { keys: Vec<Key>, at: Micros },
    /// All failures up to now.
    Failures(Vec<Key>),
}

/// What Redis could not be told.
#[derive(Default)]
struct Owed {
    tries: Vec<Budget>,
    failures: Vec<(Vec<Key>, Micros)>,
    /// And when they were forgiven, by this server's clock.
    forgiven: Vec<(Key, Duration)>,
}

impl RedisCounts {
    pub(crate) fn new(redis: Redis) -> Self {
        Self { redis, owed: Mutex::default() }
    }

    #[cfg(test)]
    pub(crate) fn redis(&self) -> &Redis {
        &self.redis
    }

    pub(crate) async fn take(&self, budgets: &[Budget], now: Moment) -> Result<Option<UsedUp>, Unreachable> {
        self.settle(now).await?;
        throttle::take(&self.redis, budgets, now.by_hand).await
    }

    pub(crate) async fn count(
        &self,
        tries: &[(Key, Duration)],
        burst: i32,
        now: Moment,
    ) -> Result<Vec<bool>, Unreachable> {
        self.settle(now).await?;
        throttle::count(&self.redis, tries, burst, now.by_hand).await
    }

    pub(crate) async fn fail(
        &self,
        names: (&Key, &Key),
        delays: &[i32],
        memory: Duration,
        now: Moment,
    ) -> Result<(Counted, Micros), Unreachable> {
        self.settle(now).await?;
        throttle::fail(&self.redis, names, delays, memory, now.by_hand).await
    }

    /// Takes back, now or as soon as Redis answers.
    pub(crate) async fn take_back(&self, what: TakenBack, now: Moment) {
        let mut owed = self.owed.lock().await;
        owed.add(what, now.elapsed);
        // What cannot be told stays owed.
        owed.tell(&self.redis, now).await.ok();
    }

    /// Takes back what is owed before anything is counted.
    async fn settle(&self, now: Moment) -> Result<(), Unreachable> {
        match self.owed.try_lock() {
            Ok(mut owed) => owed.tell(&self.redis, now).await,
            // Somebody is at it.
            Err(_) => Ok(()),
        }
    }
}

impl Owed {
    fn add(&mut self, what: TakenBack, elapsed: Duration) {
        if self.tries.len() + self.failures.len() + self.forgiven.len() >= MOST_OWED {
            return;
        }
        match what {
            TakenBack::Try(budget) => self.tries.push(budget),
            TakenBack::Failure { keys, at } => self.failures.push((keys, at)),
            TakenBack::Failures(keys) => self.forgiven.extend(keys.into_iter().map(|key| (key, elapsed))),
        }
    }

    /// What is left when Redis does not answer is told later.
    async fn tell(&mut self, redis: &Redis, now: Moment) -> Result<(), Unreachable> {
        while let Some(budget) = self.tries.last() {
            throttle::put_back(redis, budget, now.by_hand).await?;
            self.tries.pop();
        }
        while let Some((keys, at)) = self.failures.last() {
            throttle::give_back(redis, keys, *at, now.by_hand).await?;
            self.failures.pop();
        }
        while let Some(some) = self.forgiven.rchunks(AT_ONCE).next() {
            let some: Vec<_> = some.iter().map(|(key, at)| (*key, now.elapsed - *at)).collect();
            throttle::forgive(redis, &some, now.by_hand).await?;
            self.forgiven.truncate(self.forgiven.len() - some.len());
        }
        Ok(())
    }
}
