//! Who is signed in, for the pages that are open already: another of this browser's tabs may have changed that.

use crate::AppState;
use accounts::{RequestCtx, version};
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Extension, Json, Router};
use edge::caller;
use serde::Serialize;

/// Who, in a person's words, and what a page compares: it is the same as long as nothing of it changed.
#[derive(Serialize)]
struct WhoAmI {
    name: Option<String>,
    state: String,
}

pub(super) fn router(state: &AppState) -> Router<AppState> {
    let caller = from_fn_with_state(state.callers(), caller::middleware);
    Router::new().route("/whoami", get(who_am_i).layer(caller))
}

async fn who_am_i(Extension(ctx): Extension<RequestCtx>) -> Json<WhoAmI> {
    let viewer = ctx.viewer();
    let name = viewer.as_ref().map(|viewer| viewer.label().to_owned());
    Json(WhoAmI { name, state: version::of_viewer(viewer.as_ref()) })
}
