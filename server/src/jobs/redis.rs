//! Finds out when Redis, which was down, is there again.

use accounts::Accounts;
use tokio_util::sync::CancellationToken;

pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    stop.run_until_cancelled(accounts.watch_redis()).await;
}
