//! The owner's logo, where `APP_LOGO_FILE` names one.

use crate::state::AppState;
use accounts::Logo;
use axum::Router;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use std::sync::Arc;

pub(crate) fn route(logo: Option<Arc<Logo>>) -> Router<AppState> {
    let Some(logo) = logo else { return Router::new() };
    Router::new().route("/logo", get(async move || answer(&logo)))
}

/// Its address does not change with the file, so browsers ask again after an hour.
fn answer(logo: &Logo) -> Response {
    let headers = [(CONTENT_TYPE, logo.media_type()), (CACHE_CONTROL, "public, max-age=3600")];
    (headers, logo.bytes().to_vec()).into_response()
}
