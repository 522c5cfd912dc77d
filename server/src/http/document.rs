//! Pages that are rendered outside of Leptos' routes, and have no script.

use super::headers;
use crate::state::AppState;
use axum::response::{Html, IntoResponse, Response};

pub(crate) fn document(state: &AppState, html: String) -> Response {
    (headers::page_policy(state, None), Html(html)).into_response()
}
