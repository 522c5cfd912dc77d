//! The general limit: how many calls somebody may make. Redis counts for all replicas together where it is set; while it
//! does not answer, and where it is not set, each replica counts for itself in its memory. The limits on password guesses
//! are in `authentication/throttle.rs`; they stay on when this one is off.

use crate::limits::key::{RedisKeys, key};
use crate::limits::memory::Memory;
use crate::limits::network::network;
use crate::limits::principal::{Principal, RateLimit, TEN};
use crate::{Accounts, Clock, ReadToken};
use domain::SessionKind;
use redis_store::rate_limit::{self, Decision, Quota};
use redis_store::{Redis, Unreachable};
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use store::throttle::{Key, Micros};
use time::{Duration, OffsetDateTime};

/// Counts calls (GCRA: what was used comes back evenly, and not all at once).
pub(crate) struct RateLimiter {
    limit: NonZeroU32,
    redis: Option<Redis>,
    keys: RedisKeys,
    memory: Memory,
}

impl Accounts {
    /// Counts a call of the session that a token names, or else of the client's address. Only the token is looked at,
    /// and no row. `None` where there is no limit.
    pub async fn check_rate_limit(
        &self,
        kind: SessionKind,
        token: Option<ReadToken>,
        address: IpAddr,
        now: OffsetDateTime,
    ) -> Option<RateLimit> {
        let limiter = self.inner.rate_limiter.as_ref()?;
        let subject = token.and_then(ReadToken::subject);
        let principal = match (subject, kind) {
            (Some(subject), _) => Principal::Session(subject.session),
            (None, SessionKind::Bearer | SessionKind::ApiCookie) => Principal::Programs(network(address)),
            (None, SessionKind::Browser) => Principal::Browsers(network(address)),
        };
        Some(limiter.count(&principal, self.moment(now).fixed).await)
    }
}

impl RateLimiter {
    /// `None` for a limit of 0.
    pub(crate) fn new(
        limit: u32,
        redis: Option<Redis>,
        keys: RedisKeys,
        clock: &Arc<dyn Clock>,
    ) -> Option<Self> {
        let limit = NonZeroU32::new(limit)?;
        // No replica knows how many there are; two of them admit no more than Redis does.
        let own = if redis.is_some() { half(limit) } else { limit };
        Some(Self { limit, redis, keys, memory: Memory::new(own, clock) })
    }

    async fn count(&self, caller: &Principal, fixed: Option<Micros>) -> RateLimit {
        if let Some(redis) = &self.redis
            && let Ok(counted) = Box::pin(self.count_in(redis, caller, fixed)).await
        {
            return counted;
        }
        self.memory.count(caller)
    }

    async fn count_in(
        &self,
        redis: &Redis,
        caller: &Principal,
        fixed: Option<Micros>,
    ) -> Result<RateLimit, Unreachable> {
        let per_minute = self.limit;
        let quota = |of: &Principal, per_minute| Quota { key: self.keys.of(&count_key(of)), per_minute };
        let around = caller.around().map(|around| quota(&around, per_minute.saturating_mul(TEN)));
        let limit = per_minute.get();
        Ok(match rate_limit::count(redis, quota(caller, per_minute), around, fixed).await? {
            Decision::Admitted { left } => {
                RateLimit { limit, left, more_in: Duration::MINUTE / limit, admitted: true }
            }
            Decision::Refused { wait } => RateLimit { limit, left: 0, more_in: wait, admitted: false },
        })
    }
}

fn half(limit: NonZeroU32) -> NonZeroU32 {
    NonZeroU32::new(limit.get() / 2).unwrap_or(NonZeroU32::MIN)
}

fn count_key(caller: &Principal) -> Key {
    match caller {
        Principal::Session(session) => key("calls in", &[session.0.as_bytes()]),
        Principal::Programs(network) => key("calls of programs from", &[network]),
        Principal::Browsers(network) => key("calls of browsers from", &[network]),
        Principal::Crowd => key("calls of all others", &[]),
    }
}

#[cfg(test)]
#[path = "rate_limit_tests.rs"]
mod tests;
