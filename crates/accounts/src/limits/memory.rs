//! Calls as each replica counts them for itself.

use crate::Clock;
use crate::limits::principal::{Principal, RateLimit, TEN};
use governor::clock::{self, Clock as _, Reference};
use governor::middleware::StateInformationMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::HashMapStateStore;
use governor::{NotUntil, Quota};
use std::hash::{BuildHasher, RandomState};
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use time::Duration;

/// The counts are divided into this many parts: a sweep delays only callers of its part. Governor's own sharded store
/// (`DashMap`) would sweep all of them within one call, and needs two more crates.
const SHARDS: usize = 64;

/// The least number of calls between two sweeps: each call adds one count at most.
const SWEEP_AFTER: usize = 10_000;

/// From this many counts on, new addresses share one count in each part: some 20 MB.
const MOST_COUNTS: usize = 200_000;

type Limiter = governor::RateLimiter<
    Principal,
    HashMapStateStore<Principal>,
    MonotonicClock,
    StateInformationMiddleware,
>;

/// The counts of a replica.
pub(crate) struct Memory {
    limit: NonZeroU32,
    shards: Vec<Shard>,
    /// The networks around addresses, which have ten times as many.
    around: Vec<Shard>,
    hasher: RandomState,
}

/// A part of the counts.
struct Shard {
    most: usize,
    sweep_after: usize,
    limiter: Limiter,
    counted: AtomicUsize,
    sweep_at: AtomicUsize,
    crowded: AtomicBool,
}

/// The injected clock, as the limiter reads it: it counts elapsed time, since a clock that is set back an hour would
/// refuse everybody for that long.
#[derive(Clone)]
struct MonotonicClock(Arc<dyn Clock>);

impl clock::Clock for MonotonicClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        Nanos::new(u64::try_from(self.0.elapsed().whole_nanoseconds()).unwrap_or_default())
    }
}

impl Memory {
    pub(crate) fn new(limit: NonZeroU32, clock: &Arc<dyn Clock>) -> Self {
        Self::holding(MOST_COUNTS, limit, clock)
    }

    fn holding(most: usize, limit: NonZeroU32, clock: &Arc<dyn Clock>) -> Self {
        let shards = |limit| {
            let shard = || Shard::new(most / SHARDS, limit, MonotonicClock(clock.clone()));
            std::iter::repeat_with(shard).take(SHARDS).collect()
        };
        let around = limit.saturating_mul(TEN);
        Self { limit, shards: shards(limit), around: shards(around), hasher: RandomState::new() }
    }

    /// A call that the network refuses costs the caller one, unlike in Redis: the limiter cannot look at a count without
    /// counting.
    pub(crate) fn count(&self, caller: &Principal) -> RateLimit {
        let (mut left, mut more_in, mut admitted) = self.shard(&self.shards, caller).count(caller);
        if admitted && let Some(around) = caller.around() {
            let (left_around, more_around, admitted_around) =
                self.shard(&self.around, &around).count(&around);
            left = left.min(left_around);
            if !admitted_around {
                (more_in, admitted) = (more_around, false);
            }
        }
        let more_in = Duration::try_from(more_in).unwrap_or(Duration::MINUTE);
        RateLimit { limit: self.limit.get(), left, more_in, admitted }
    }

    /// The end of a session's id is random, and nobody chooses it.
    fn shard<'a>(&self, shards: &'a [Shard], caller: &Principal) -> &'a Shard {
        let shard = match caller {
            Principal::Session(session) => u64::from(session.0.as_bytes()[15]),
            _ => self.hasher.hash_one(caller),
        };
        &shards[usize::try_from(shard % SHARDS as u64).unwrap_or_default()]
    }
}

impl Shard {
    fn new(most: usize, limit: NonZeroU32, clock: MonotonicClock) -> Self {
        let sweep_after = SWEEP_AFTER / SHARDS;
        let limiter: Limiter =
            governor::RateLimiter::new(Quota::per_minute(limit), HashMapStateStore::default(), clock);
        Self {
            most,
            sweep_after,
            limiter,
            counted: AtomicUsize::new(0),
            sweep_at: AtomicUsize::new(sweep_after),
            crowded: AtomicBool::new(false),
        }
    }

    fn count(&self, caller: &Principal) -> (u32, std::time::Duration, bool) {
        self.sweep_when_due();
        let known = matches!(caller, Principal::Session(_));
        let caller = if known || !self.crowded.load(Ordering::Relaxed) { caller } else { &Principal::Crowd };
        match self.limiter.check_key(caller) {
            Ok(state) => (state.remaining_burst_capacity(), state.quota().replenish_interval(), true),
            Err(refused) => (0, self.wait(&refused), false),
        }
    }

    fn wait(&self, refused: &NotUntil<Nanos>) -> std::time::Duration {
        let now = self.limiter.clock().now();
        refused.earliest_possible().duration_since(now).into()
    }

    /// Drops the counts that no longer limit anything. There are never more counts than the last sweep kept plus the
    /// calls since; a sweep costs each of those calls two look-ups at most.
    fn sweep_when_due(&self) {
        let counted = self.counted.fetch_add(1, Ordering::Relaxed);
        let due = self.sweep_at.load(Ordering::Relaxed);
        let taken =
            || self.sweep_at.compare_exchange(due, usize::MAX, Ordering::Relaxed, Ordering::Relaxed).is_err();
        if counted < due || taken() {
            return;
        }
        self.limiter.retain_recent();
        let kept = self.limiter.len();
        self.crowded.store(kept >= self.most, Ordering::Relaxed);
        let next = self.counted.load(Ordering::Relaxed).saturating_add(kept.max(self.sweep_after));
        self.sweep_at.store(next, Ordering::Relaxed);
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
