//! The server's background jobs.

mod cache_invalidation;
mod clock_offset;
mod hash_costs;
mod periodic;
mod session_sweep;

use accounts::Accounts;
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// All jobs of a server that serves.
pub(crate) struct Jobs {
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Jobs {
    /// Starts them. The clock is measured once before anybody is served.
    pub(crate) async fn start(accounts: &Accounts) -> Self {
        clock_offset::measure(accounts.clone()).await;
        let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
        running.spawn(clock_offset::run(accounts.clone(), stop.clone()));
        running.spawn(session_sweep::run(accounts.clone(), stop.clone()));
        running.spawn(hash_costs::run(accounts.clone(), stop.clone()));
        running.spawn(cache_invalidation::run(accounts.clone(), stop.clone()));
        Self { stop, running }
    }

    /// Stops them, even in the middle.
    ///
    /// # Errors
    /// Where one had ended before, by a panic.
    pub(crate) async fn stop(mut self) -> Result<(), JoinError> {
        self.stop.cancel();
        while let Some(ended) = self.running.join_next().await {
            ended?;
        }
        Ok(())
    }
}
