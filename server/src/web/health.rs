//! Is the process alive, and can it serve? Asked by orchestrators: no cookie is read.

use crate::AppState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use edge::problem::{problem, refusal};

pub(super) async fn live() -> &'static str {
    "alive\n"
}

pub(super) async fn ready(State(state): State<AppState>) -> Response {
    match state.accounts.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => refusal(problem(error)),
    }
}
