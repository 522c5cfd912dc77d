//! What a server that runs is measured by: what it has counted since its start, and how full it is now.

use crate::{Accounts, Error};
use domain::{EventKind, Factor};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use store::sessions::Proof;
use store::{Connections, outbox};

/// Counts since the start, and what is in use now.
#[derive(Debug, Clone)]
pub struct Measures {
    /// How many events of each kind this server has recorded.
    pub events: Vec<(EventKind, u64)>,
    /// With which factors sign-ins were completed here, and how many with each.
    pub sign_ins: Vec<(Vec<Factor>, u64)>,
    /// The hashing of passwords, which bounds sign-ins.
    pub hashing: HashingMeasures,
    /// The connections to the database.
    pub connections: Connections,
    /// How often a session and its account came from the cache.
    pub cache_hits: u64,
    /// Whether Redis is used; none where none is set up.
    pub redis: Option<bool>,
}

/// The hashing of passwords.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashingMeasures {
    /// How many hashes were computed.
    pub hashes: u64,
    /// How long passwords have waited for a core, all together, also in vain.
    pub waited: Duration,
    /// How many found no core in time: an overload was answered.
    pub refused: u64,
    /// How many are worked on now.
    pub working: usize,
    /// How many wait now.
    pub waiting: usize,
}

/// The mails that wait to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Backlog {
    /// How many.
    pub mails: u64,
    /// How long the oldest has waited.
    pub age: Duration,
}

/// What is counted here since the start.
pub(crate) struct Tally {
    events: [AtomicU64; EventKind::ALL.len()],
    /// By the set of their factors: one bit each.
    sign_ins: [AtomicU64; 1 << Factor::ALL.len()],
}

impl Default for Tally {
    fn default() -> Self {
        Self {
            events: [const { AtomicU64::new(0) }; EventKind::ALL.len()],
            sign_ins: [const { AtomicU64::new(0) }; 1 << Factor::ALL.len()],
        }
    }
}

impl Tally {
    pub(crate) fn recorded(&self, kind: EventKind) {
        self.events[kind as usize].fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn signed_in(&self, proofs: &[Proof]) {
        let set = proofs.iter().fold(0, |set, proof| set | 1 << proof.factor as usize);
        self.sign_ins[set].fetch_add(1, Ordering::Relaxed);
    }

    fn events(&self) -> Vec<(EventKind, u64)> {
        EventKind::ALL.iter().copied().zip(self.events.iter().map(read)).collect()
    }

    fn sign_ins(&self) -> Vec<(Vec<Factor>, u64)> {
        let factors = |set: usize| Factor::ALL.into_iter().filter(move |one| set & 1 << *one as usize != 0);
        let counts = self.sign_ins.iter().map(read).enumerate();
        counts.filter(|(_, count)| *count > 0).map(|(set, count)| (factors(set).collect(), count)).collect()
    }
}

fn read(count: &AtomicU64) -> u64 {
    count.load(Ordering::Relaxed)
}

impl Accounts {
    /// What this server is measured by.
    #[must_use]
    pub fn measures(&self) -> Measures {
        let inner = &self.inner;
        Measures {
            events: inner.tally.events(),
            sign_ins: inner.tally.sign_ins(),
            hashing: inner.hasher.measures(),
            connections: inner.store.connections(),
            cache_hits: self.cache_hits(),
            redis: inner.redis.as_ref().map(redis_store::Redis::is_available),
        }
    }

    /// The mails that wait, of all servers.
    ///
    /// # Errors
    /// [`Error::Unavailable`].
    pub async fn backlog(&self) -> Result<Backlog, Error> {
        let (mails, oldest) = outbox::backlog(self.store()).await?;
        let age = oldest.map(|oldest| self.inner.database_clock.time(self.now()) - oldest);
        let age = age.and_then(|age| Duration::try_from(age).ok()).unwrap_or_default();
        Ok(Backlog { mails: mails.unsigned_abs(), age })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::OffsetDateTime;

    #[test]
    fn sign_ins_are_counted_by_their_factors_in_whatever_order_they_were_proven() {
        let tally = Tally::default();
        let proof = |factor| Proof { factor, at: OffsetDateTime::UNIX_EPOCH };
        let [password, totp] = [Factor::Password, Factor::Totp].map(proof);
        for proofs in [&[password, totp][..], &[totp, password], &[password]] {
            tally.signed_in(proofs);
        }
        let expected = [(vec![Factor::Password], 1), (vec![Factor::Password, Factor::Totp], 2)];
        assert_eq!(tally.sign_ins(), expected);
    }

    #[test]
    fn each_event_counts_for_its_own_kind() {
        let tally = Tally::default();
        for kind in EventKind::ALL {
            tally.recorded(*kind);
        }
        assert!(tally.events().iter().all(|(_, count)| *count == 1));
        tally.recorded(EventKind::SignedIn);
        assert_eq!(
            tally.events().into_iter().filter(|(_, n)| *n == 2).map(|(kind, _)| kind).collect::<Vec<_>>(),
            [EventKind::SignedIn]
        );
    }

    #[test]
    fn each_factor_has_a_bit() {
        let bits: Vec<_> = Factor::ALL.into_iter().map(|factor| factor as usize).collect();
        assert_eq!(bits, (0..Factor::ALL.len()).collect::<Vec<_>>());
    }
}
