//! Listens to what other servers change, so that sessions may be cached for a moment (promise P6).

use accounts::{Accounts, Source, Unheard};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long until a lost connection is tried again.
const PAUSE: Duration = Duration::from_secs(1);

/// Listens until it is told to stop, and again after an outage. The log tells when that begins and ends.
pub(super) async fn run(accounts: Accounts, source: Source, stop: CancellationToken) {
    stop.run_until_cancelled(again_and_again(&accounts, &source)).await;
}

async fn again_and_again(accounts: &Accounts, source: &Source) {
    let mut told = false;
    loop {
        if let Err(error) = listen(accounts, source, &mut told).await
            && !told
            && !source.is_known_as_lost().await
        {
            told = true;
            let error = edge::problem::chain(&error);
            tracing::warn!(%source, error, "other servers' changes are not heard of");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn listen(accounts: &Accounts, source: &Source, told: &mut bool) -> Result<(), Unheard> {
    let mut invalidations = accounts.listen(source).await?;
    if std::mem::take(told) {
        tracing::info!(%source, "other servers' changes are heard of again");
    }
    loop {
        invalidations.next_invalidation().await?;
    }
}
