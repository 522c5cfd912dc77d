//! Well-known addresses.

use axum::response::Redirect;

/// Where password managers send a person (W3C: A Well-Known URL for Changing Passwords).
pub(crate) async fn change_password() -> Redirect {
    Redirect::to("/account/security")
}
