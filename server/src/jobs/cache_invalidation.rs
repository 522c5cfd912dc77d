//! Listens to what other servers change, so that sessions may be cached for a moment (promise P6).

use accounts::{Accounts, Error};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long until a lost connection is tried again; until it is there, nothing is cached.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens until it is told to stop, and again after an outage.
pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    stop.run_until_cancelled(again_and_again(&accounts)).await;
}

async fn again_and_again(accounts: &Accounts) {
    loop {
        if let Err(error) = listen(accounts).await {
            tracing::warn!(error = edge::problem::chain(&error), "other servers' changes are not heard of");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen(accounts: &Accounts) -> Result<(), Error> {
    let mut invalidations = accounts.listen().await?;
    loop {
        invalidations.next_invalidation().await?;
    }
}
