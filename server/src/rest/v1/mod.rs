//! The canonical API, `/api/v1` (docs/api-design.md).

mod audit;
pub(super) mod auth;
mod code;
mod factors;
pub(super) mod me;
mod passkeys;
pub(super) mod recovery;
mod sessions;
pub(super) mod users;

use crate::http::layers::around;
use crate::rest::input::no_query;
use crate::state::AppState;
use axum::routing::post;
use utoipa::openapi::Paths;
use utoipa_axum::router::{OpenApiRouter, UtoipaMethodRouter};
use utoipa_axum::routes;

const PREFIX: &str = "/api/v1";

pub(super) fn router() -> OpenApiRouter<AppState> {
    let with_query = OpenApiRouter::new()
        .routes(here(routes!(users::list)))
        .routes(here(routes!(me::activity)))
        .routes(here(routes!(audit::list)));
    let without_query = OpenApiRouter::new()
        // One call with two names; the document has it from `openapi::aliases`.
        .route(&format!("{PREFIX}/auth/register"), post(users::register))
        .routes(here(routes!(auth::login)))
        .routes(here(routes!(auth::refresh)))
        .routes(here(routes!(auth::logout)))
        .routes(here(routes!(auth::restore)))
        .routes(here(routes!(code::ask)))
        .routes(here(routes!(code::login)))
        .routes(here(routes!(factors::login)))
        .routes(here(routes!(passkeys::ask_factor)))
        .routes(here(routes!(passkeys::ask)))
        .routes(here(routes!(passkeys::login)))
        .routes(here(routes!(recovery::forgot)))
        .routes(here(routes!(recovery::reset)))
        .routes(here(routes!(recovery::verify)))
        .routes(here(routes!(recovery::resend)))
        .routes(here(routes!(users::register)))
        .routes(here(routes!(me::read, me::change, me::delete)))
        .routes(here(routes!(me::change_password)))
        .routes(here(routes!(me::export)))
        .routes(here(routes!(factors::list)))
        .routes(here(routes!(factors::begin_totp, factors::remove_totp)))
        .routes(here(routes!(factors::confirm_totp)))
        .routes(here(routes!(factors::make_recovery_codes)))
        .routes(here(routes!(passkeys::begin)))
        .routes(here(routes!(passkeys::add)))
        .routes(here(routes!(passkeys::rename, passkeys::remove)))
        .routes(here(routes!(sessions::list, sessions::end_others)))
        .routes(here(routes!(sessions::end)))
        .routes(here(routes!(users::clear_factors)))
        .routes(here(routes!(users::read, users::change, users::delete)))
        .routes(here(routes!(users::end_sessions)))
        .routes(here(routes!(users::send_password_reset)));
    with_query.merge(without_query.route_layer(around(no_query)))
}

/// The calls of a path, under the prefix. Axum's `nest` would write each request's address anew.
fn here((schemas, paths, calls): UtoipaMethodRouter<AppState>) -> UtoipaMethodRouter<AppState> {
    let mut under = Paths::new();
    under.paths.extend(paths.paths.into_iter().map(|(path, item)| (format!("{PREFIX}{path}"), item)));
    (schemas, under, calls)
}
