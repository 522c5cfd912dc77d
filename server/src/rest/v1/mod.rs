//! The canonical API, `/api/v1` (docs/api-design.md).

mod audit;
pub(super) mod auth;
pub(super) mod me;
mod sessions;
pub(super) mod users;

use crate::AppState;
use crate::rest::input::no_query;
use axum::Router;
use axum::middleware::from_fn;
use axum::routing::{delete, get, post};

pub(super) const PREFIX: &str = "/api/v1";

pub(super) fn router() -> Router<AppState> {
    let me = get(me::read).put(me::change).patch(me::change).delete(me::delete);
    let user = get(users::read).put(users::change).patch(users::change).delete(users::delete);
    let asking = Router::new()
        .route("/users", get(users::list))
        .route("/users/me/activity", get(me::activity))
        .route("/audit", get(audit::list));
    let plain = Router::new()
        .route("/auth/register", post(users::register))
        .route("/auth/login", post(auth::login))
        .route("/auth/refresh", post(auth::refresh))
        .route("/auth/logout", post(auth::logout))
        .route("/users", post(users::register))
        .route("/users/me", me)
        .route("/users/me/password", post(me::change_password))
        .route("/users/me/sessions", get(sessions::list).delete(sessions::end_others))
        .route("/users/me/sessions/{id}", delete(sessions::end))
        .route("/users/{id}", user)
        .route("/users/{id}/sessions", delete(users::end_sessions));
    asking.merge(plain.route_layer(from_fn(no_query)))
}
