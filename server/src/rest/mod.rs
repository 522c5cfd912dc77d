//! The API: the same use cases over HTTP for programs. One file a resource; a handler gets its context, calls
//! one use case and shapes the answer.

mod caller;
mod input;
pub(crate) mod openapi;
mod v1;

use crate::AppState;
use accounts::Jwks;
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{Code, Problem};
use edge::problem::{problem, refusal};
use http::{StatusCode, Uri};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What a handler answers.
type Answer<T> = Result<T, Refusal>;

/// Done, and nothing to say of it.
struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// All calls of the API.
pub(crate) fn router() -> Router<AppState> {
    described().into()
}

/// The calls, with what they say of themselves.
fn described() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::Problems::openapi())
        .nest(v1::PREFIX, v1::router())
        .routes(routes!(jwks))
}

/// Whether an address is the API's, where every refusal is a problem document whatever the client reads.
pub(crate) fn owns(uri: &Uri) -> bool {
    uri.path() == "/api" || uri.path().starts_with("/api/")
}

/// The public keys that access tokens are checked with (RFC 7517).
#[utoipa::path(
    get,
    path = "/.well-known/jwks.json",
    operation_id = "read_keys",
    tag = "Signing in",
    responses((status = 200, description = "The keys", body = ref("#/components/schemas/Jwks"))),
)]
async fn jwks(State(state): State<AppState>) -> Json<Jwks> {
    Json(state.accounts.jwks())
}

/// Why a call was refused, as its problem document.
pub(crate) struct Refusal(Problem);

impl From<accounts::Error> for Refusal {
    fn from(error: accounts::Error) -> Self {
        Self(problem(error))
    }
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self(problem)
    }
}

impl From<Code> for Refusal {
    fn from(code: Code) -> Self {
        Self(code.into())
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        refusal(self.0)
    }
}
