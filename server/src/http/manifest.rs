//! The site's name and icons for the home screen of a device (W3C: Web Application Manifest).

use crate::state::AppState;
use app::THEME;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde_json::json;

pub(crate) async fn show(State(state): State<AppState>) -> Response {
    let [day, _] = THEME;
    let manifest = json!({
        "name": state.app.name,
        "short_name": state.app.name,
        "start_url": "/",
        "display": "browser",
        "theme_color": day,
        "background_color": day,
        "icons": [
            { "src": "/favicon.svg", "type": "image/svg+xml", "sizes": "any" },
            { "src": "/icon-512.png", "type": "image/png", "sizes": "512x512" },
        ],
    });
    let headers = [(CONTENT_TYPE, "application/manifest+json"), (CACHE_CONTROL, "no-cache")];
    (headers, manifest.to_string()).into_response()
}
