use crate::Accounts;
use store::throttle::Micros;
use time::{Duration, OffsetDateTime};

/// When something is counted.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// By the database's clock, which Postgres counts by. Redis has its own.
    pub(crate) database: Micros,
    /// By a test's fixed clock, which Redis counts by then.
    pub(crate) fixed: Option<Micros>,
    /// By this server's clock that is never set back.
    pub(crate) elapsed: Duration,
}

impl Accounts {
    /// The time of a request that came at `now`.
    pub(crate) fn moment(&self, now: OffsetDateTime) -> Moment {
        let (database, clock) = (self.inner.database_clock.at(now), &self.inner.clock);
        Moment { database, fixed: clock.is_fixed().then_some(database), elapsed: clock.elapsed() }
    }
}
