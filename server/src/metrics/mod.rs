//! What Prometheus asks: how much is answered and how fast, who signs in, and how full this server is. Served at
//! `METRICS_ADDR` alone, never where people sign in. docs/metrics.md explains each metric.

mod listener;
mod process;
mod requests;
mod snapshot;

pub(crate) use listener::listen;
pub use listener::router;
#[cfg(feature = "otel")]
pub(crate) use requests::known;

use accounts::{Accounts, Backlog};
use axum::extract::MatchedPath;
use http::{Method, StatusCode};
use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::registry::Registry;
use requests::Requests;
use std::fmt;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio::time::timeout;

const PREFIX: &str = "doorstep";
/// How long the backlog of mails may take. Whoever asks gives up after ten seconds, and then nothing is known, just when the
/// database is in trouble.
const BACKLOG_WITHIN: Duration = Duration::from_secs(1);

/// What is counted while requests are answered.
pub struct Metrics {
    registry: Registry,
    requests: Requests,
    /// One at a time asks the database, whose connections people need.
    turn: Mutex<()>,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix(PREFIX);
        let requests = Requests::registered(&mut registry);
        Self { registry, requests, turn: Mutex::default() }
    }
}

impl Metrics {
    /// Counts an answer. `route` is the path's pattern: what a client typed would be a label without bound.
    pub(crate) fn answered(
        &self,
        method: &Method,
        route: Option<&MatchedPath>,
        status: StatusCode,
        after: Duration,
    ) {
        self.requests.answered(method, route, status, after);
    }

    /// All metrics, in the text format of `OpenMetrics`. Without an answer of the database, or a late one, the backlog of mails
    /// is left out.
    ///
    /// # Errors
    /// Never, but the format's writer has an error.
    pub async fn text(&self, accounts: &Accounts) -> Result<String, fmt::Error> {
        // Before the backlog is asked for: that takes a connection itself.
        let measures = accounts.measures();
        let backlog = timeout(BACKLOG_WITHIN, self.backlog(accounts)).await.ok().flatten();
        let mut text = String::new();
        encode_registry(&mut text, &self.registry)?;
        encode_registry(&mut text, &snapshot::registry(&measures, backlog.as_ref()))?;
        encode_registry(&mut text, &process::registry())?;
        encode_eof(&mut text)?;
        Ok(text)
    }

    async fn backlog(&self, accounts: &Accounts) -> Option<Backlog> {
        let _turn = self.turn.lock().await;
        accounts.backlog().await.ok()
    }
}
