//! The family at the root: the canonical calls by other names. The pages of the same addresses are read, and
//! post their forms to `/fn`; these are posted to.

use crate::rest::v1::{auth, me, users};
use crate::state::AppState;
use axum::Router;
use axum::routing::{get, post};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/register", post(users::register))
        .route("/login", post(auth::login))
        .route("/me", get(me::read).put(me::change))
}
