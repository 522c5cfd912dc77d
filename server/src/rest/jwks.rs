//! The public keys, which other services verify our tokens with.

use crate::http::paths::JWKS;
use crate::state::AppState;
use accounts::JwkSet;
use axum::Json;
use axum::extract::State;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub(super) fn router() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(jwks))
}

/// Get the public signing keys
///
/// A JSON Web Key Set (RFC 7517) for verifying access tokens.
#[utoipa::path(
    get,
    path = JWKS,
    operation_id = "read_keys",
    tag = "Signing in",
    responses((status = 200, description = "The public keys", body = ref("#/components/schemas/Jwks"))),
)]
async fn jwks(State(state): State<AppState>) -> Json<JwkSet> {
    Json(state.accounts.jwks())
}
