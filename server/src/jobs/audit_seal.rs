//! Seals new audit events, so that a later change of one shows.

use super::periodic::every;
use accounts::{Accounts, Seal};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_mins(1);
/// Once a day, and at the start, all events are looked through.
const ALL: u64 = 24 * 60;

/// What was left or failed is the next one's work, here or at another server.
pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    if !accounts.seals_audit() {
        tracing::info!("the audit trail is not sealed: ENCRYPTION_KEY_FILE is not set");
        return;
    }
    let rounds = AtomicU64::new(0);
    every(PERIOD, accounts, stop, |accounts| {
        let all = rounds.fetch_add(1, Ordering::Relaxed).is_multiple_of(ALL);
        seal(accounts, if all { Seal::All } else { Seal::New })
    })
    .await;
}

async fn seal(accounts: Accounts, which: Seal) {
    match accounts.seal_audit(which).await {
        Ok(events) => tracing::debug!(events, "sealed audit events"),
        Err(error) => {
            tracing::error!(error = edge::problem::chain(&error), "audit events could not be sealed");
        }
    }
}
