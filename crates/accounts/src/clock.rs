use std::sync::LazyLock;
use std::time::Instant;
use time::{Duration, OffsetDateTime};

/// Where time comes from; tests move theirs by hand.
pub trait Clock: Send + Sync {
    /// The time, in UTC.
    fn now(&self) -> OffsetDateTime;

    /// The time since some fixed moment of this clock: unlike the time of day it never goes back.
    fn elapsed(&self) -> Duration;

    /// Whether it stands still until a test moves it. Redis counts by such a clock instead of its own.
    fn is_fixed(&self) -> bool {
        false
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the machine's clock")]
    fn now(&self) -> OffsetDateTime {
        let now = OffsetDateTime::now_utc();
        // Postgres keeps microseconds; a finer time would no longer be equal once stored.
        now.replace_nanosecond(now.microsecond() * 1_000).unwrap_or(now)
    }

    fn elapsed(&self) -> Duration {
        static START: LazyLock<Instant> = LazyLock::new(Instant::now);
        Duration::try_from(START.elapsed()).unwrap_or(Duration::MAX)
    }
}
