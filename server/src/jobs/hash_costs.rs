//! Keeps the cost of hashing an unknown name equal to that of known ones (promise P2).

use super::periodic::every;
use accounts::Accounts;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_mins(1);
/// It is one statement, which may take five minutes.
const PATIENCE: Duration = Duration::from_mins(6);

pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    every(PERIOD, PATIENCE, accounts, stop, learn).await;
}

async fn learn(accounts: Accounts) {
    if let Err(error) = accounts.learn_hashes_when_due().await {
        tracing::error!(error = edge::problem::chain(&error), "the hashes in use could not be counted");
    }
}
