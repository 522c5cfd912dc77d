//! Health checks for orchestrators: is the process alive, and can it serve? No cookie is read.

use crate::state::AppState;
use accounts::Error;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{Code, Detail, Problem};
use edge::problem::{problem, refusal};
use std::sync::atomic::Ordering;

pub(crate) async fn live() -> &'static str {
    "alive\n"
}

pub(crate) async fn ready(State(state): State<AppState>) -> Response {
    if state.stopping.is_cancelled() {
        return refusal(Problem::new(Code::Unavailable).with_detail(Detail::Stopping));
    }
    match state.accounts.ready().await {
        // The schema is there a moment before the keys have been compared with it.
        Ok(()) if !state.prepared.load(Ordering::Relaxed) => refusal(problem(Error::NotMigrated)),
        Ok(()) => "ready\n".into_response(),
        Err(error) => refusal(problem(error)),
    }
}
