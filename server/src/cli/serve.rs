//! `serve`: migrates the database, then serves until it is told to stop.

use super::outcome::Outcome;
use super::signal::{Signal, shutdown_signal};
use super::startup::{Prepared, open_accounts, prepare, prepared_later};
use crate::app;
use crate::config::Config;
use crate::http::serve::{Limits, Server};
use crate::jobs::Jobs;
use crate::log;
use crate::metrics;
use crate::state::AppState;
use crate::traces;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

pub(super) async fn run(config: &Config) -> Outcome {
    let state = AppState::new(config, open_accounts(config)?)?;
    traces::start(config)?;
    let mut stop = pin!(shutdown_signal()?);
    let prepared = tokio::select! {
        prepared = prepare(config, &state.accounts) => prepared?,
        _ = &mut stop => return Ok(()),
    };
    for warning in &config.warnings {
        tracing::warn!("{warning}");
    }
    state.prepared.store(prepared == Prepared::Now, Ordering::Relaxed);
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("cannot listen on {}: {error}", config.listen))?;
    serve_metrics(config, &state).await?;
    let mut jobs = Jobs::start(&state).await;
    if prepared == Prepared::Now {
        jobs.start_on_tables(&state, is_owner(config)).await;
    }
    tracing::info!(address = %listener.local_addr()?, url = %config.origin, "serving");
    let server = Server {
        limits: Limits { keep_alive: config.keep_alive, ..Limits::default() },
        proxies: state.proxies.clone(),
        stopping: state.stopping.clone(),
        router: app::router(state.clone()),
    };
    let mut refused = Ok(());
    let stop = async {
        tokio::select! {
            () = last_moment(stop, state.stopping.clone(), config.shutdown_delay) => {}
            failed = late_jobs(config, &state, &mut jobs), if prepared == Prepared::Later => {
                state.stopping.cancel();
                refused = failed;
            }
        }
    };
    server.run(listener, stop).await;
    jobs.stop().await?;
    traces::stop().await;
    log::flush();
    tracing::info!("stopped");
    refused
}

/// Until the process ends: how a stop goes is worth watching too. Whoever reaches the address takes few of the process'
/// files and none of its time.
async fn serve_metrics(config: &Config, state: &AppState) -> Outcome {
    const SOME: usize = 8;
    if let (Some(address), Some(metrics)) = (config.metrics, state.metrics.clone()) {
        let server = Server {
            limits: Limits {
                connections: SOME,
                per_address: SOME,
                per_network: SOME,
                silent: SOME,
                ..Limits::default()
            },
            proxies: Arc::default(),
            stopping: CancellationToken::new(),
            router: metrics::router(state.accounts.clone(), metrics),
        };
        tokio::spawn(server.run(metrics::listen(address).await?, std::future::pending()));
    }
    Ok(())
}

/// Starts the jobs that wait for what was missing at the start; completes only where the server cannot work after all.
async fn late_jobs(config: &Config, state: &AppState, jobs: &mut Jobs) -> Outcome {
    prepared_later(config, &state.accounts).await?;
    state.prepared.store(true, Ordering::Relaxed);
    jobs.start_on_tables(state, is_owner(config)).await;
    std::future::pending().await
}

/// Whether this server's role migrates.
fn is_owner(config: &Config) -> bool {
    config.database.migrating.is_none()
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
