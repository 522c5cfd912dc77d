//! Keeps the time by which throttles are judged in step with the database's clock (promise P23).

use accounts::Accounts;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_secs(5);

/// Measures every few seconds until it is told to stop.
pub async fn run(accounts: Accounts, stop: CancellationToken) {
    stop.run_until_cancelled(again_and_again(&accounts)).await;
}

async fn again_and_again(accounts: &Accounts) {
    let mut timer = tokio::time::interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        measure(accounts).await;
    }
}

/// Measures once, which a server does before it serves anybody.
pub async fn measure(accounts: &Accounts) {
    if let Err(error) = accounts.measure_clock().await {
        tracing::warn!(error = edge::problem::chain(&error), "the database's clock could not be read");
    }
}
