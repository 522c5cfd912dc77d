//! The answer when no connection slot is free for a request.

use axum::extract::Request;
use axum::response::Response;
use domain::Code;
use edge::problem::refusal;

/// Marks a request that found the server full: it is refused, unless it is a health check.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Overloaded;

/// Health checks are answered all the same.
pub(super) fn refuses(request: &Request) -> bool {
    let probe = matches!(request.uri().path(), "/livez" | "/readyz");
    !probe && request.extensions().get::<Overloaded>().is_some()
}

pub(super) fn refused() -> Response {
    refusal(Code::Overloaded)
}
