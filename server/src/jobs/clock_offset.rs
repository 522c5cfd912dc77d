//! Keeps the throttle's time in step with the database's clock (promise P23).

use super::periodic::every;
use super::stalled::PATIENCE;
use accounts::Accounts;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_secs(5);

pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    every(PERIOD, PATIENCE, accounts, stop, measure).await;
}

pub(super) async fn measure(accounts: Accounts) {
    if let Err(error) = accounts.measure_clock().await {
        tracing::warn!(error = edge::problem::chain(&error), "the database's clock could not be read");
    }
}
