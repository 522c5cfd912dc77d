//! Moves the details of audit events that the version before wrote. It goes with the next version.

use super::periodic::every;
use super::stalled::PATIENCE;
use accounts::Accounts;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_hours(1);

/// What failed or was locked is the next one's work.
pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    every(PERIOD, PATIENCE, accounts, stop, move_all).await;
}

async fn move_all(accounts: Accounts) {
    match accounts.move_audit_details().await {
        Ok(0) => {}
        Ok(events) => tracing::info!(events, "moved the details of audit events"),
        Err(error) => {
            tracing::error!(error = edge::problem::chain(&error), "details of audit events wait to be moved");
        }
    }
}
