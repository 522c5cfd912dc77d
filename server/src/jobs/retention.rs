//! Does what the retention table says: deletes what has ended, and the accounts whose grace is over.

use super::periodic::every;
use super::stalled::PATIENCE;
use accounts::Accounts;
use accounts::retention::Unswept;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_hours(1);

/// A sweep that failed or was stopped is the next one's work.
pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    every(PERIOD, PATIENCE, accounts, stop, sweep).await;
}

async fn sweep(accounts: Accounts) {
    match accounts.sweep(accounts.now()).await {
        Ok(0) => {}
        Ok(rows) => tracing::info!(rows, "swept what had ended"),
        Err(unswept) => {
            for Unswept { what, error } in unswept {
                tracing::error!(what, error = edge::problem::chain(&error), "sweep failed");
            }
        }
    }
}
