use crate::credential::Stored;
use crate::rng::first_id;
use crate::{Accounts, Error};
use domain::EventKind;
use std::sync::{Mutex, PoisonError};
use store::audit;
use store::users::hashes::{self, HashClass};
use time::Duration;

/// Counting may take a thousandth of the database's time, on each server,
const PAUSE: i32 = 1_000;
/// and a tenth where hashes are known to be missing.
const SHORT_PAUSE: i32 = 10;
/// When it is done again at the soonest, and at the latest.
const EVERY: (Duration, Duration) = (Duration::MINUTE, Duration::HOUR);
/// For how long it is done as often as may be after an import: its last chunk may be long in coming.
const IMPORTED_LATELY: Duration = Duration::minutes(10);

/// When the hashes were counted last.
#[derive(Default)]
pub(crate) struct LastCount(Mutex<Option<LastRun>>);

#[derive(Clone, Copy)]
struct LastRun {
    at: Duration,
    took: Duration,
    failed: bool,
    /// Whether hashes at today's cost are known.
    ours: bool,
}

impl LastRun {
    /// Until it is done again, where all that may have changed is what people do one by one: for so many others have been
    /// met since.
    fn pause(self, met: usize) -> Duration {
        let (soonest, latest) = EVERY;
        if self.failed || !self.ours || met > 0 {
            (self.took * SHORT_PAUSE).min(latest)
        } else {
            (self.took * PAUSE).clamp(soonest, latest)
        }
    }
}

impl Accounts {
    /// [`Accounts::learn_hashes`], where that is due: the longer it takes the less often, but each minute after an import,
    /// and sooner where it failed, until hashes at today's cost are known, and once an account had one of another kind than
    /// was counted. To be called at the start and once a minute; says whether it was due.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was learnt before holds then.
    pub async fn learn_hashes_when_due(&self) -> Result<bool, Error> {
        let last = *self.inner.last_hash_count.0.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = self.inner.clock.elapsed();
        let due = match last {
            None => true,
            Some(last) if elapsed - last.at > last.pause(self.inner.hasher.met_others()) => true,
            Some(last) if last.failed => false,
            Some(_) => {
                let since = first_id(self.now() - IMPORTED_LATELY);
                audit::happened_since(self.store(), since, EventKind::UsersImported).await?
            }
        };
        if due {
            self.learn_hashes().await?;
        }
        Ok(due)
    }

    /// Learns which hashes the accounts have, so that hashing an unknown name costs what hashing a known one does:
    /// other services' hashes may take longer than ours (promise P2).
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was learnt before holds then.
    pub async fn learn_hashes(&self) -> Result<(), Error> {
        let (at, met) = (self.inner.clock.elapsed(), self.inner.hasher.met_others());
        let counted = hashes::classes(self.store()).await;
        if let Ok(classes) = &counted {
            self.inner.hasher.learn(shares(classes), met);
        }
        let took = self.inner.clock.elapsed() - at;
        let ours = self.inner.hasher.knows_todays();
        let last = LastRun { at, took, failed: counted.is_err(), ours };
        *self.inner.last_hash_count.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(last);
        Ok(counted.map(drop)?)
    }
}

fn shares(classes: &[HashClass]) -> Vec<(Stored, u64)> {
    let share = |class: &HashClass| {
        // An unreadable hash is checked as a dummy, so it has no cost of its own.
        let example = Stored::parse(&class.example).ok()?;
        Some((example, u64::try_from(class.accounts).ok()?))
    };
    classes.iter().filter_map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_a_count_takes_the_less_often_it_is_done() {
        for (milliseconds, ours, met, failed, seconds) in [
            (0, true, 0, false, 60),
            (60, true, 0, false, 60),
            (120, true, 0, false, 120),
            (1_200, true, 0, false, 1_200),
            (90_000, true, 0, false, 3_600),
            (1_200, false, 0, false, 12),
            (1_200, true, 1, false, 12),
            (1_200, true, 0, true, 12),
            (300_000, true, 1, true, 3_000),
            (900_000, false, 1, true, 3_600),
        ] {
            let took = Duration::milliseconds(milliseconds);
            let last = LastRun { at: Duration::ZERO, took, failed, ours };
            assert_eq!(
                last.pause(met),
                Duration::seconds(seconds),
                "{milliseconds} ms, {ours}, {met}, {failed}"
            );
        }
    }
}
