use crate::credential::Stored;
use crate::rng::first_id;
use crate::{Accounts, Error};
use domain::EventKind;
use std::sync::{Mutex, PoisonError};
use store::audit;
use store::users::hashes;
use time::Duration;

/// Counting may take a thousandth of the database's time, on each server.
const PAUSE: i32 = 1_000;
/// When it is done again at the soonest, and at the latest.
const EVERY: (Duration, Duration) = (Duration::MINUTE, Duration::HOUR);
/// For how long it is done as often as may be after an import: its last chunk may be long in coming.
const IMPORTED_LATELY: Duration = Duration::minutes(10);

/// When the hashes were counted last.
#[derive(Default)]
pub(crate) struct LastCount(Mutex<Option<Counted>>);

#[derive(Clone, Copy)]
struct Counted {
    at: Duration,
    took: Duration,
    /// Whether hashes at today's cost were among them.
    ours: bool,
}

impl Counted {
    /// When all that may have changed is what people do one by one.
    fn pause(self) -> Duration {
        let (soonest, latest) = EVERY;
        if self.ours { (self.took * PAUSE).clamp(soonest, latest) } else { soonest }
    }
}

impl Accounts {
    /// [`Accounts::learn_hashes`], where that is due: the longer it takes the less often, but each minute after an import,
    /// until hashes at today's cost are known, and once an account had one of another kind than was counted. To be called
    /// at the start and once a minute; says whether it was due.
    ///
    /// # Errors
    /// [`Error::Unavailable`]; what was learnt before holds then.
    pub async fn learn_hashes_when_due(&self) -> Result<bool, Error> {
        let last = *self.inner.last_hash_count.0.lock().unwrap_or_else(PoisonError::into_inner);
        let elapsed = self.inner.clock.elapsed();
        let due = match last {
            None => true,
            Some(last) if elapsed - last.at >= last.pause() || self.inner.hasher.has_seen_others() => true,
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
        let begun = self.inner.clock.elapsed();
        let classes = hashes::classes(self.store()).await?;
        let took = self.inner.clock.elapsed() - begun;
        let shares: Vec<_> = classes
            .iter()
            .filter_map(|class| {
                // An unreadable hash is checked as a dummy, so it has no cost of its own.
                let example = Stored::parse(&class.example).ok()?;
                Some((example, u64::try_from(class.accounts).ok()?))
            })
            .collect();
        self.inner.hasher.learn(shares);
        let ours = self.inner.hasher.knows_todays();
        let counted = Counted { at: begun, took, ours };
        *self.inner.last_hash_count.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(counted);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longer_a_count_takes_the_less_often_it_is_done() {
        for (milliseconds, ours, minutes) in [
            (0, true, 1),
            (60, true, 1),
            (120, true, 2),
            (1_200, true, 20),
            (90_000, true, 60),
            (1_200, false, 1),
        ] {
            let counted = Counted { at: Duration::ZERO, took: Duration::milliseconds(milliseconds), ours };
            assert_eq!(counted.pause(), Duration::minutes(minutes), "{milliseconds} ms, {ours}");
        }
    }
}
