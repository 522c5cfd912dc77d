//! Builds the indexes of admins' lists that are lacking, beside everything else.

use super::periodic::every;
use accounts::Accounts;
use edge::problem::chain;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_hours(1);
/// It is one statement for each, which may take as long as a large table needs.
const PATIENCE: Duration = Duration::from_hours(12);

pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    every(PERIOD, PATIENCE, accounts, stop, build).await;
}

async fn build(accounts: Accounts) {
    if let Err(error) = accounts.build_indexes().await {
        tracing::warn!(
            error = chain(&error),
            "admins' lists stay slow: an index is lacking, and is tried in an hour"
        );
    }
}
