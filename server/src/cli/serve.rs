//! `serve`: migrates the database, then serves until it is told to stop.

use super::outcome::Outcome;
use super::signal::{Signal, shutdown_signal};
use super::startup::{open_accounts, prepare};
use crate::app;
use crate::config::Config;
use crate::http::serve::{Limits, Server};
use crate::jobs::Jobs;
use crate::state::AppState;
use std::pin::pin;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(super) async fn run(config: &Config) -> Outcome {
    let state = AppState::new(config, open_accounts(config)?)?;
    let mut stop = pin!(shutdown_signal()?);
    tokio::select! {
        done = prepare(config, &state.accounts) => done?,
        _ = &mut stop => return Ok(()),
    }
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    let jobs = Jobs::start(&state, config.database.migrating.is_none()).await;
    tracing::info!(address = %listener.local_addr()?, url = %config.origin, "serving");
    let server = Server {
        limits: Limits { keep_alive: config.keep_alive, ..Limits::default() },
        proxies: state.proxies.clone(),
        stopping: state.stopping.clone(),
        router: app::router(state),
    };
    let stop = last_moment(stop, server.stopping.clone(), config.shutdown_delay);
    server.run(listener, stop).await;
    jobs.stop().await?;
    tracing::info!("stopped");
    Ok(())
}

/// Completes when no new connection may be accepted. That is some time after an orchestrator's signal, while `/readyz`
/// already answers 503; it is at once after a second signal or Ctrl-C.
async fn last_moment(stop: impl Future<Output = Signal>, stopping: CancellationToken, delay: Duration) {
    let signal = stop.await;
    stopping.cancel();
    let Ok(again) = shutdown_signal() else { return };
    if signal == Signal::Terminate && !delay.is_zero() {
        tracing::info!(seconds = delay.as_secs(), "stopping: not ready any more, and serving for a moment");
        tokio::select! {
            () = tokio::time::sleep(delay) => {}
            _ = again => {}
        }
    }
}
