//! Listens to what other servers change, so that sessions may be cached for a moment (promise P6).

use accounts::{Accounts, InvalidationError, Source};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// How long until a lost connection is tried again.
const PAUSE: Duration = Duration::from_secs(1);
/// And one to a standby, which will not be the primary again that soon.
const LONG_PAUSE: Duration = Duration::from_secs(10);

/// Listens until it is told to stop, and again after an outage. The log tells when that begins and ends.
pub(super) async fn run(accounts: Accounts, source: Source, stop: CancellationToken) {
    stop.run_until_cancelled(again_and_again(&accounts, &source)).await;
}

async fn again_and_again(accounts: &Accounts, source: &Source) {
    let mut told = false;
    loop {
        let mut pause = PAUSE;
        if let Err(error) = listen(accounts, source, &mut told).await {
            if error.is_of_a_standby() {
                pause = LONG_PAUSE;
            }
            if !told {
                told = tell(accounts, source, &error);
            }
        }
        tokio::time::sleep(pause).await;
    }
}

/// Says what a loss means. Where it means nothing and the breaker tells of it, nothing is said.
fn tell(accounts: &Accounts, source: &Source, error: &InvalidationError) -> bool {
    let (needed, why) = (accounts.needs(source), edge::problem::chain(error));
    if needed {
        tracing::warn!(%source, error = why, "other servers' changes are not heard of: no session is cached until then");
    } else if !error.is_told_by_the_breaker() {
        tracing::warn!(%source, error = why, "other servers' changes are not heard of: another source tells of them");
    }
    needed || !error.is_told_by_the_breaker()
}

async fn listen(accounts: &Accounts, source: &Source, told: &mut bool) -> Result<(), InvalidationError> {
    let mut invalidations = accounts.listen(source).await?;
    if std::mem::take(told) {
        tracing::info!(%source, "other servers' changes are heard of again");
    }
    loop {
        invalidations.next_invalidation().await?;
    }
}
