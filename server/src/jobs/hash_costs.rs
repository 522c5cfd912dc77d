//! Keeps what names cost that are nobody's in step with what the accounts' hashes cost (promise P2).

use accounts::Accounts;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

const EVERY: Duration = Duration::from_mins(1);

/// Learns at the start, and then every minute until it is told to stop.
pub async fn run(accounts: Accounts, stop: CancellationToken) {
    stop.run_until_cancelled(every_minute(&accounts)).await;
}

async fn every_minute(accounts: &Accounts) {
    let mut timer = tokio::time::interval(EVERY);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        timer.tick().await;
        if let Err(error) = accounts.learn_hashes().await {
            tracing::error!(error = edge::problem::chain(&error), "the hashes in use could not be counted");
        }
    }
}
