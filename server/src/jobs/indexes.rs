use accounts::Accounts;
use edge::problem::chain;
use tokio_util::sync::CancellationToken;

/// Builds the indexes of admins' lists that are lacking, beside everything else.
pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    let Some(Err(error)) = stop.run_until_cancelled(accounts.build_indexes()).await else { return };
    tracing::warn!(
        error = chain(&error),
        "admins' lists stay slow: an index is lacking, and is tried at the next start"
    );
}
