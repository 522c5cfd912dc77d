//! Who is signed in, for pages that are open already: another tab may have changed that.

use accounts::{RequestCtx, version};
use axum::{Extension, Json};
use serde::Serialize;

/// Who, in a person's words, and what a page compares: it is the same as long as nothing of it changed.
#[derive(Serialize)]
pub(crate) struct WhoAmI {
    name: Option<String>,
    state: String,
}

pub(crate) async fn show(Extension(ctx): Extension<RequestCtx>) -> Json<WhoAmI> {
    let viewer = ctx.viewer();
    let name = viewer.as_ref().map(|viewer| viewer.label().to_owned());
    Json(WhoAmI { name, state: version::of_viewer(viewer.as_ref()) })
}
