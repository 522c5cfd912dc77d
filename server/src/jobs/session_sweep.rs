//! Deletes session rows that can never be used again.

use super::periodic::every;
use accounts::Accounts;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_hours(1);

/// A sweep that failed or was stopped is the next one's work.
pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    every(PERIOD, accounts, stop, sweep).await;
}

async fn sweep(accounts: Accounts) {
    match accounts.sweep(accounts.now()).await {
        Ok(0) => {}
        Ok(rows) => tracing::info!(rows, "swept sessions"),
        Err(error) => tracing::error!(error = edge::problem::chain(&error), "sweep failed"),
    }
}
