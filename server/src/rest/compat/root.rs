//! The family at the root: the canonical calls by other names. The pages of the same addresses are read, and
//! post their forms to `/fn`; these are posted to.

use crate::AppState;
use crate::rest::v1::{auth, me, users};
use axum::Router;
use axum::routing::{get, post};
use http::Method;

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/register", post(users::register))
        .route("/login", post(auth::login))
        .route("/me", get(me::read).put(me::change))
}

/// Whether a request is this family's and no page's.
pub(in crate::rest) fn owns(method: &Method, path: &str) -> bool {
    match path {
        "/register" | "/login" => !matches!(*method, Method::GET | Method::HEAD),
        "/me" => true,
        _ => false,
    }
}
