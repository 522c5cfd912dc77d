//! The answer when no connection slot is free for a request.

use axum::extract::Request;
use axum::middleware::Next;
use axum::response::Response;
use domain::Code;
use edge::problem::refusal;

/// Marks a request that found the server full: it is refused, unless it is a health check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Overloaded;

/// Health checks are answered all the same.
pub(crate) async fn middleware(request: Request, next: Next) -> Response {
    let probe = matches!(request.uri().path(), "/livez" | "/readyz");
    if probe || request.extensions().get::<Overloaded>().is_none() {
        return next.run(request).await;
    }
    refusal(Code::Overloaded)
}
