//! Health checks for orchestrators: is the process alive, and can it serve? No cookie is read.

use crate::state::AppState;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{Code, Detail, Problem};
use edge::problem::{problem, refusal};

pub(crate) async fn live() -> &'static str {
    "alive\n"
}

pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    if state.stopping.is_cancelled() {
        return refusal(Problem::new(Code::Unavailable).with_detail(Detail::Stopping));
    }
    match state.accounts.ready().await {
        Ok(()) => "ready\n".into_response(),
        Err(error) => refusal(problem(error)),
    }
}
