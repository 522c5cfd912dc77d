//! The database's clock, which the throttle counts by: servers whose own clocks differ count alike (P23).

use crate::{Accounts, Error};
use std::sync::atomic::{AtomicI64, Ordering};
use store::throttle::{self, Micros};
use time::{Duration, OffsetDateTime};

/// How often the clock is read for one measurement: the quickest answer is the most exact.
const READINGS: usize = 3;

/// A difference from here on is logged.
const NOTABLE: Duration = Duration::seconds(5);

/// From here on a server is not ready: it would refuse another server's access tokens for their times.
const TOO_FAR: Duration = Duration::seconds(30);

/// How far the database's clock is ahead of this server's, as it was last measured.
#[derive(Default)]
pub(crate) struct DatabaseClock {
    ahead: AtomicI64,
}

/// What a difference between the clocks means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Skew {
    Small,
    Notable,
    TooFar,
}

impl Skew {
    fn of(ahead: Duration) -> Self {
        match ahead.abs() {
            skew if skew > TOO_FAR => Self::TooFar,
            skew if skew > NOTABLE => Self::Notable,
            _ => Self::Small,
        }
    }
}

impl DatabaseClock {
    /// A time of this server's, as the database's clock shows it.
    pub(crate) fn at(&self, now: OffsetDateTime) -> Micros {
        micros(now) + self.ahead.load(Ordering::Relaxed)
    }

    /// The same as a time.
    pub(crate) fn time(&self, now: OffsetDateTime) -> OffsetDateTime {
        now + Duration::microseconds(self.ahead.load(Ordering::Relaxed))
    }

    pub(crate) fn skew(&self) -> Skew {
        Skew::of(Duration::microseconds(self.ahead.load(Ordering::Relaxed)))
    }

    /// Stores a measurement; returns its meaning if that has changed.
    fn learn(&self, ahead: Micros) -> Option<Skew> {
        let before = self.ahead.swap(ahead, Ordering::Relaxed);
        let [before, after] = [before, ahead].map(|ahead| Skew::of(Duration::microseconds(ahead)));
        (before != after).then_some(after)
    }
}

impl Accounts {
    /// How far the database's clock is ahead of this server's, as it was last measured.
    #[must_use]
    pub fn database_clock_ahead(&self) -> Duration {
        Duration::microseconds(self.inner.database_clock.ahead.load(Ordering::Relaxed))
    }

    /// Measures how far the database's clock is from this server's. For the start, and every few seconds afterwards.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was measured before holds then.
    pub async fn measure_clock(&self) -> Result<(), Error> {
        let clock = &self.inner.clock;
        let (mut ahead, mut quickest) = (0, Duration::MAX);
        for _ in 0..READINGS {
            let (now, started) = (clock.now(), clock.elapsed());
            let database = throttle::time(self.store()).await?;
            let took = clock.elapsed() - started;
            if took < quickest {
                // The clock was read half-way through the round trip.
                (ahead, quickest) = (database - micros(now + took / 2), took);
            }
        }
        let seconds = Duration::microseconds(ahead).as_seconds_f64();
        match self.inner.database_clock.learn(ahead) {
            None => {}
            Some(Skew::Small) => tracing::info!(seconds, "the database's clock and this server's agree"),
            Some(Skew::Notable) => {
                tracing::warn!(seconds, "the database's clock is ahead of this server's, or behind it");
            }
            Some(Skew::TooFar) => {
                tracing::error!(seconds, "not ready: the database's clock is far from this server's");
            }
        }
        Ok(())
    }
}

fn micros(time: OffsetDateTime) -> Micros {
    i64::try_from(time.unix_timestamp_nanos() / 1_000).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_difference_is_told_of_once_in_either_direction() {
        let clock = DatabaseClock::default();
        let learn = |seconds: i64| clock.learn(seconds * 1_000_000);
        for (seconds, told) in [
            (4, None),
            (-5, None),
            (6, Some(Skew::Notable)),
            (20, None),
            (-20, None),
            (-31, Some(Skew::TooFar)),
            (40, None),
            (30, Some(Skew::Notable)),
            (0, Some(Skew::Small)),
        ] {
            assert_eq!(learn(seconds), told, "{seconds}");
        }
    }

    #[test]
    fn a_time_is_shown_as_the_database_s_clock_shows_it() {
        let clock = DatabaseClock::default();
        let now = OffsetDateTime::UNIX_EPOCH + Duration::seconds(100);
        assert_eq!(clock.at(now), 100_000_000);
        clock.learn(-20_000_000);
        assert_eq!(clock.at(now), 80_000_000);
    }
}
