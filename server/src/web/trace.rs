//! One id, one span, one log line for each request: the matched path, never the query string.

use crate::AppState;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use edge::RequestId;
use edge::request_id::X_REQUEST_ID;
use std::time::Instant;
use tracing::Instrument;

pub(super) async fn middleware(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let id = RequestId::of(&request, &state.proxies, &accounts::SystemRng);
    request.extensions_mut().insert(id);
    let path = request.extensions().get::<MatchedPath>().map_or("-", MatchedPath::as_str).to_owned();
    let span = tracing::info_span!("request", %id, method = %request.method(), path);
    let start = Instant::now();
    async move {
        let mut response = next.run(request).await;
        response.headers_mut().insert(X_REQUEST_ID.clone(), id.header());
        let status = response.status().as_u16();
        tracing::info!(status, milliseconds = start.elapsed().as_secs_f64() * 1e3, "answered");
        response
    }
    .instrument(span)
    .await
}
