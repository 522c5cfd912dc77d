//! How long an answer may take.

use crate::http::paths;
use crate::state::AppState;
use axum::extract::Request;
use axum::response::Response;
use domain::{Code, Detail, Problem};
use edge::problem::refusal;
use http::Method;
use std::time::Duration;

/// Server functions have a limit of their own, where a plain post can still go back to its form.
pub(super) fn limit(state: &AppState, request: &Request) -> Option<Duration> {
    (!paths::is_function(request.uri().path())).then_some(state.request_timeout)
}

/// The answer, or 503 if it took too long: that is our fault, and nobody knows whether a change was made.
pub(crate) async fn in_time(
    limit: Duration,
    method: Method,
    answer: impl Future<Output = Response>,
) -> Response {
    let answer = tokio::time::timeout(limit, answer).await;
    answer.unwrap_or_else(|_| {
        let (code, detail) = if method.is_safe() {
            (Code::Unavailable, Detail::SlowAnswer)
        } else {
            (Code::OutcomeUnknown, Detail::SlowChange)
        };
        refusal(Problem::new(code).with_detail(detail))
    })
}
