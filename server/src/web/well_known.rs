//! Small answers at addresses that others define.

use axum::response::{IntoResponse, Redirect};

/// Where password managers send a person (W3C: A Well-Known URL for Changing Passwords).
pub(super) async fn change_password() -> Redirect {
    Redirect::to("/account/security")
}

/// Accounts are nobody's search result.
pub(super) async fn robots() -> impl IntoResponse {
    "User-agent: *\nDisallow: /\n"
}
