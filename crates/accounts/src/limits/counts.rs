//! Where tries and failures are counted: in Redis where it is set up and answers, else in Postgres.
//!
//! A refund goes where it was counted, at most once; a success forgives in both, and a job repeats what Redis has not
//! confirmed ([`Accounts::settle_counts`]).

use crate::Accounts;
use crate::limits::key::RedisKeys;
use crate::limits::moment::Moment;
use crate::limits::redis::RedisCounts;
use redis_store::Redis;
use store::throttle::{self, Budget, Counted, Key, Micros, UsedUp};
use store::{Store, StoreError};
use time::Duration;
use tokio::time::MissedTickBehavior;

/// How often what Redis has not confirmed is repeated.
const SETTLE_EVERY: std::time::Duration = std::time::Duration::from_secs(1);

/// The counts of all replicas together.
pub(crate) struct Counts {
    store: Store,
    redis: Option<RedisCounts>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum CountedIn {
    Redis,
    Postgres,
}

/// A try that was taken out of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) budget: Budget,
    counted_in: CountedIn,
}

/// A failure that was counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Failure {
    /// By the clock that it was counted by.
    at: Micros,
    counted_in: CountedIn,
}

impl Counts {
    pub(crate) fn new(store: Store, redis: Option<Redis>, keys: RedisKeys) -> Self {
        Self { store, redis: redis.map(|redis| RedisCounts::new(redis, keys)) }
    }

    /// See [`throttle::take`].
    pub(crate) async fn take(
        &self,
        budgets: &[Budget],
        now: Moment,
    ) -> Result<Result<CountedIn, UsedUp>, StoreError> {
        if let Some(redis) = &self.redis
            && let Ok(used_up) = redis.take(budgets, now).await
        {
            return Ok(used_up.map_or(Ok(CountedIn::Redis), Err));
        }
        let used_up = throttle::take(&self.store, budgets, now.database).await?;
        Ok(used_up.map_or(Ok(CountedIn::Postgres), Err))
    }

    /// The same, and what Redis admits is taken out of `lasting` in Postgres too: those begin anew neither when Redis is lost nor
    /// when it comes back empty. What Redis refuses does not come that far.
    pub(crate) async fn take_lasting(
        &self,
        budgets: &[Budget],
        lasting: &[Budget],
        now: Moment,
    ) -> Result<Option<UsedUp>, StoreError> {
        match self.take(&[budgets, lasting].concat(), now).await? {
            Ok(CountedIn::Redis) => throttle::take(&self.store, lasting, now.database).await,
            Ok(CountedIn::Postgres) => Ok(None),
            Err(used_up) => Ok(Some(used_up)),
        }
    }

    /// See [`throttle::take`], for one budget that the caller may have to put back.
    pub(crate) async fn take_one(
        &self,
        budget: Budget,
        now: Moment,
    ) -> Result<Result<Taken, UsedUp>, StoreError> {
        Ok(self.take(&[budget], now).await?.map(|counted_in| Taken { budget, counted_in }))
    }

    /// See [`throttle::count`].
    pub(crate) async fn count(
        &self,
        tries: &[(Key, Duration)],
        burst: i32,
        now: Moment,
    ) -> Result<Vec<bool>, StoreError> {
        if let Some(redis) = &self.redis
            && let Ok(left) = redis.count(tries, burst, now).await
        {
            return Ok(left);
        }
        throttle::count(&self.store, tries, burst, now.database).await
    }

    /// See [`throttle::put_back`].
    pub(crate) async fn put_back(&self, taken: &Taken, now: Moment) -> Result<(), StoreError> {
        if let (CountedIn::Redis, Some(redis)) = (taken.counted_in, &self.redis) {
            redis.put_back(&taken.budget, now).await;
            return Ok(());
        }
        throttle::put_back(&self.store, &taken.budget).await
    }

    /// See [`throttle::fail`].
    pub(crate) async fn fail(
        &self,
        names: (&Key, &Key),
        delays: &[i32],
        memory: Duration,
        now: Moment,
    ) -> Result<(Counted, Failure), StoreError> {
        if let Some(redis) = &self.redis
            && let Ok((counted, at)) = redis.fail(names, delays, memory, now).await
        {
            return Ok((counted, Failure { at, counted_in: CountedIn::Redis }));
        }
        let counted = throttle::fail(&self.store, names, delays, memory, now.database).await?;
        Ok((counted, Failure { at: now.database, counted_in: CountedIn::Postgres }))
    }

    /// See [`throttle::give_back`].
    pub(crate) async fn give_back(
        &self,
        keys: &[Key],
        failure: Failure,
        now: Moment,
    ) -> Result<(), StoreError> {
        if let (CountedIn::Redis, Some(redis)) = (failure.counted_in, &self.redis) {
            redis.give_back(keys, failure.at, now).await;
            return Ok(());
        }
        for key in keys {
            throttle::give_back(&self.store, key, failure.at).await?;
        }
        Ok(())
    }

    /// See [`throttle::forgive`]. Always in Postgres too: any server may have counted a failure there within the last day,
    /// while Redis was out of its reach, and no other knows.
    pub(crate) async fn forgive(&self, keys: &[Key], now: Moment) -> Result<(), StoreError> {
        if let Some(redis) = &self.redis {
            redis.forgive(keys, now).await;
        }
        for key in keys {
            throttle::forgive(&self.store, key).await?;
        }
        Ok(())
    }

    async fn settle(&self, now: Moment) {
        if let Some(redis) = &self.redis {
            redis.settle(now).await;
        }
    }
}

impl Accounts {
    /// Repeats once a second what Redis has not confirmed, for as long as it is polled.
    pub(crate) async fn settle_counts(&self) {
        let mut timer = tokio::time::interval(SETTLE_EVERY);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            self.inner.counts.settle(self.moment(self.now())).await;
        }
    }
}

#[cfg(test)]
#[path = "counts_tests.rs"]
mod tests;
