//! Seals new audit events, so that a later change of one shows.

use super::periodic::every;
use super::stalled::PATIENCE;
use accounts::{Accounts, Seal};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_mins(1);
/// Once a day, and at the start, all events are looked through.
const ALL: u64 = 24 * 60;

/// Which events the next round looks through.
#[derive(Debug, Default)]
struct Rounds {
    done: AtomicU64,
    /// Whether all were to be looked through, and it gave way or failed.
    owes_all: AtomicBool,
}

impl Rounds {
    fn next(&self) -> Seal {
        let all = self.done.fetch_add(1, Ordering::Relaxed).is_multiple_of(ALL);
        if all {
            self.owes_all.store(true, Ordering::Relaxed);
        }
        if self.owes_all.load(Ordering::Relaxed) { Seal::All } else { Seal::New }
    }

    fn went_through(&self, which: Seal) {
        if matches!(which, Seal::All) {
            self.owes_all.store(false, Ordering::Relaxed);
        }
    }
}

/// What was left or failed is the next one's work, here or at another server; all that was to be looked through is until it
/// was.
pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    if !accounts.seals_audit() {
        tracing::info!("the audit trail is not sealed: ENCRYPTION_KEY_FILE is not set");
        return;
    }
    let rounds = Rounds::default();
    every(PERIOD, PATIENCE, accounts, stop, |accounts| seal(accounts, &rounds)).await;
}

async fn seal(accounts: Accounts, rounds: &Rounds) {
    let which = rounds.next();
    match accounts.seal_trail(which).await {
        Ok((events, whole)) => {
            tracing::debug!(events, whole, "sealed audit events");
            if whole {
                rounds.went_through(which);
            }
        }
        Err(error) => {
            tracing::error!(error = edge::problem::chain(&error), "audit events could not be sealed");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_are_looked_through_until_that_went_through_and_again_a_day_later() {
        let rounds = Rounds::default();
        for _ in 0..3 {
            assert!(matches!(rounds.next(), Seal::All), "it gave way");
        }
        rounds.went_through(Seal::All);
        for _ in 3..ALL {
            assert!(matches!(rounds.next(), Seal::New));
            rounds.went_through(Seal::New);
        }
        assert!(matches!(rounds.next(), Seal::All));
    }
}
