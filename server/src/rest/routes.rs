//! The calls of the API. What stands before them is in `app.rs`.

use super::{compat, jwks, v1};
use crate::config::Compat;
use crate::state::AppState;
use axum::Router;
use domain::ProblemDocument;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

/// The calls of programs with an access token, or without any.
pub(crate) fn by_token(compat: Compat) -> Router<AppState> {
    Router::from(canonical()).merge(compat::by_token(compat))
}

/// The calls of programs that keep a cookie.
pub(crate) fn by_cookie(compat: Compat) -> Router<AppState> {
    compat::by_cookie(compat)
}

/// The public keys, which are fetched by whole services behind one address.
pub(crate) fn keys() -> Router<AppState> {
    Router::from(jwks::router())
}

/// All calls that are described where they stand; the families' are described as the call that they are.
pub(super) fn described() -> OpenApiRouter<AppState> {
    canonical().merge(jwks::router())
}

fn canonical() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(Problems::openapi()).merge(v1::router())
}

/// The answer of a failed call: no annotation names it, since all calls have it.
#[derive(OpenApi)]
#[openapi(components(schemas(ProblemDocument)))]
struct Problems;
