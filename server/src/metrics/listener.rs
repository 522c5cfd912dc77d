//! The listener of its own: nothing of it passes the proxy that people come through.

use super::Metrics;
use accounts::Accounts;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::StatusCode;
use http::header::CONTENT_TYPE;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;

const FORMAT: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Binds the address.
pub(crate) async fn listen(address: SocketAddr) -> Result<TcpListener, String> {
    let listener = TcpListener::bind(address).await;
    listener.map_err(|error| format!("cannot listen on {address} (METRICS_ADDR): {error}"))
}

/// The one route.
pub fn router(accounts: Accounts, metrics: Arc<Metrics>) -> Router {
    Router::new().route("/metrics", get(show)).with_state((accounts, metrics))
}

async fn show(State((accounts, metrics)): State<(Accounts, Arc<Metrics>)>) -> Response {
    match metrics.text(&accounts).await {
        Ok(text) => ([(CONTENT_TYPE, FORMAT)], text).into_response(),
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}
