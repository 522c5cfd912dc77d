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

use crate::rest::input::no_query;
use crate::state::AppState;
use axum::middleware::from_fn;
use axum::routing::post;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) const PREFIX: &str = "/api/v1";

pub(super) fn router() -> OpenApiRouter<AppState> {
    let with_query = OpenApiRouter::new()
        .routes(routes!(users::list))
        .routes(routes!(me::activity))
        .routes(routes!(audit::list));
    let without_query = OpenApiRouter::new()
        // One call with two names; the document has it from `openapi::aliases`.
        .route("/auth/register", post(users::register))
        .routes(routes!(auth::login))
        .routes(routes!(auth::refresh))
        .routes(routes!(auth::logout))
        .routes(routes!(auth::restore))
        .routes(routes!(code::ask))
        .routes(routes!(code::login))
        .routes(routes!(factors::login))
        .routes(routes!(passkeys::ask_factor))
        .routes(routes!(passkeys::ask))
        .routes(routes!(passkeys::login))
        .routes(routes!(recovery::forgot))
        .routes(routes!(recovery::reset))
        .routes(routes!(recovery::verify))
        .routes(routes!(recovery::resend))
        .routes(routes!(users::register))
        .routes(routes!(me::read, me::change, me::delete))
        .routes(routes!(me::change_password))
        .routes(routes!(me::export))
        .routes(routes!(factors::list))
        .routes(routes!(factors::begin_totp, factors::remove_totp))
        .routes(routes!(factors::confirm_totp))
        .routes(routes!(factors::make_recovery_codes))
        .routes(routes!(passkeys::begin))
        .routes(routes!(passkeys::add))
        .routes(routes!(passkeys::rename, passkeys::remove))
        .routes(routes!(sessions::list, sessions::end_others))
        .routes(routes!(sessions::end))
        .routes(routes!(users::clear_factors))
        .routes(routes!(users::read, users::change, users::delete))
        .routes(routes!(users::end_sessions))
        .routes(routes!(users::send_password_reset));
    with_query.merge(without_query.route_layer(from_fn(no_query)))
}
