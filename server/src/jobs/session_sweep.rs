//! Deletes session rows that can never be used again.

use accounts::Accounts;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_hours(1);

/// Sweeps at the start and then every hour, until it is told to stop, even in the middle of a sweep. One
/// that failed or was stopped is the next one's work.
pub async fn run(accounts: Accounts, stop: CancellationToken) {
    stop.run_until_cancelled(every_hour(&accounts)).await;
}

async fn every_hour(accounts: &Accounts) {
    let mut timer = tokio::time::interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        sweep(accounts).await;
    }
}

async fn sweep(accounts: &Accounts) {
    match accounts.sweep(accounts.now()).await {
        Ok(0) => {}
        Ok(rows) => tracing::info!(rows, "swept sessions"),
        Err(error) => tracing::error!(error = edge::problem::chain(&error), "sweep failed"),
    }
}
