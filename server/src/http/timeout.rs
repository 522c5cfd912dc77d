//! How long an answer may take.

use super::paths;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::{Code, Detail, Problem};
use edge::problem::refusal;
use http::Method;
use std::time::Duration;

/// Server functions have a limit of their own, where a plain post can still go back to its form.
pub(crate) async fn middleware(State(limit): State<Duration>, request: Request, next: Next) -> Response {
    if paths::is_function(request.uri().path()) {
        return next.run(request).await;
    }
    in_time(limit, request.method().clone(), next.run(request)).await
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
