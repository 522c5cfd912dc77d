//! Well-known addresses.

use crate::state::AppState;
use app::forms::FACTORS;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Redirect, Response};
use domain::Code;
use edge::problem::refusal;
use serde_json::json;

/// Where password managers send a person (W3C: A Well-Known URL for Changing Passwords).
pub(crate) async fn change_password() -> Redirect {
    Redirect::to("/account/security")
}

/// Where they send a person to add a passkey, and to see those that there are (W3C: A Well-Known URL for Relying Party
/// Passkey Endpoints).
pub(crate) async fn passkey_endpoints(State(state): State<AppState>) -> Response {
    if !state.app.passkeys {
        return refusal(Code::NotFound);
    }
    let page = format!("{}{FACTORS}", state.app.base_url);
    Json(json!({"enroll": page, "manage": page})).into_response()
}
