//! The family under `/api/auth`: the canonical calls by other names.

use crate::rest::v1::{auth, me, recovery, users};
use crate::state::AppState;
use axum::Router;
use axum::routing::{get, post};

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/api/auth/register", post(users::register))
        .route("/api/auth/login", post(auth::login))
        .route("/api/auth/me", get(me::read))
        .route("/api/auth/refresh", post(auth::refresh))
        .route("/api/auth/logout", post(auth::logout))
        .route("/api/auth/forgot-password", post(recovery::forgot))
        .route("/api/auth/reset-password", post(recovery::reset))
}
