use accounts::Clock;
use std::sync::{Mutex, PoisonError};
use time::macros::datetime;
use time::{Duration, OffsetDateTime};

const START: OffsetDateTime = datetime!(2026-11-20 12:00 UTC);

/// A clock that stands still until it is moved.
#[derive(Debug)]
pub struct HandClock(Mutex<OffsetDateTime>);

impl Default for HandClock {
    fn default() -> Self {
        Self(Mutex::new(START))
    }
}

impl HandClock {
    /// A clock that stands at a time.
    #[must_use]
    pub fn at(time: OffsetDateTime) -> Self {
        Self(Mutex::new(time))
    }

    /// Moves time forward.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) += by;
    }
}

impl Clock for HandClock {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn elapsed(&self) -> Duration {
        self.now() - START
    }

    fn is_fixed(&self) -> bool {
        true
    }
}
