//! The server's background jobs.

pub mod announcements;
mod audit_details;
mod audit_seal;
mod cache_invalidation;
mod clock_offset;
mod hash_costs;
mod indexes;
pub mod outbox;
mod periodic;
mod redis;
mod replica;
mod retention;
mod stalled;

use crate::state::AppState;
use stalled::{PATIENCE, unless_stalled};
use tokio::task::{JoinError, JoinSet};
use tokio_util::sync::CancellationToken;

/// All jobs of a server that serves.
pub(crate) struct Jobs {
    stop: CancellationToken,
    running: JoinSet<()>,
}

impl Jobs {
    /// Starts those that need no table. The clock is measured and Redis probed once before anybody is served.
    pub(crate) async fn start(state: &AppState) -> Self {
        let accounts = &state.accounts;
        unless_stalled(PATIENCE, clock_offset::measure(accounts.clone())).await;
        accounts.probe_redis().await;
        let (stop, mut running) = (CancellationToken::new(), JoinSet::new());
        running.spawn(clock_offset::run(accounts.clone(), stop.clone()));
        running.spawn(redis::run(accounts.clone(), stop.clone()));
        if accounts.has_replica() {
            running.spawn(replica::run(accounts.clone(), stop.clone()));
        }
        for source in accounts.sources() {
            running.spawn(cache_invalidation::run(accounts.clone(), source, stop.clone()));
        }
        if let Some(announcements) = accounts.announcements() {
            running.spawn(announcements::run(announcements, stop.clone()));
        }
        Self { stop, running }
    }

    /// Starts the others, which need a database that is migrated; those that change tables, where this server's role owns
    /// them.
    pub(crate) async fn start_on_tables(&mut self, state: &AppState, is_owner: bool) {
        let Self { stop, running } = self;
        let accounts = &state.accounts;
        running.spawn(retention::run(accounts.clone(), stop.clone()));
        running.spawn(audit_seal::run(accounts.clone(), stop.clone()));
        running.spawn(hash_costs::run(accounts.clone(), stop.clone()));
        if is_owner {
            running.spawn(audit_details::run(accounts.clone(), stop.clone()));
            running.spawn(indexes::run(accounts.clone(), stop.clone()));
        }
        if let Some(outgoing) = &state.outgoing {
            running.spawn(outbox::run(accounts.clone(), outgoing.clone(), stop.clone()));
        } else {
            unless_stalled(PATIENCE, outbox::tell_of_mails_left_behind(accounts)).await;
        }
    }

    /// Stops them, even in the middle; mails in hand are sent.
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
