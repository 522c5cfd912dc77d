//! One id, one span, one log line for each request: the matched path, never the query string. It also adds the headers
//! of every answer.

use super::headers;
use crate::clock::now;
use crate::state::AppState;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use edge::RequestId;
use edge::request_id::X_REQUEST_ID;
use http::Method;
use std::sync::Arc;
use tokio::time::Instant;
use tracing::Instrument;

pub(crate) async fn middleware(
    State(state): State<Arc<AppState>>,
    mut request: Request,
    next: Next,
) -> Response {
    let start = now();
    let id = RequestId::of(&request, &state.proxies, &accounts::SystemRng);
    request.extensions_mut().insert(id);
    let matched = request.extensions().get::<MatchedPath>().cloned();
    let path = matched.as_ref().map_or("-", MatchedPath::as_str);
    let method = request.method().clone();
    let span = tracing::info_span!("request", %id, %method, path);
    let mut response = next.run(request).instrument(span).await;
    headers::add(response.headers_mut(), state.origin.is_https());
    response.headers_mut().insert(X_REQUEST_ID.clone(), id.header());
    if let Some(metrics) = &state.metrics {
        metrics.answered(&method, matched.as_ref(), response.status(), start.elapsed());
    }
    log(id, &method, path, &response, start);
    response
}

/// Outside the span, whose fields a line in it would read and write once more.
fn log(id: RequestId, method: &Method, path: &str, response: &Response, start: Instant) {
    let (status, milliseconds) = (response.status().as_u16(), start.elapsed().as_secs_f64() * 1e3);
    tracing::info!(%id, %method, path, status, milliseconds, "answered");
}
