//! The API: the same use cases over HTTP for programs. One file a resource; a handler gets its context, calls
//! one use case and shapes the answer.

mod caller;
mod compat;
mod cors;
mod foreign;
mod hint;
mod input;
pub(crate) mod openapi;
pub(crate) mod slash;
mod tags;
mod v1;

use crate::AppState;
use crate::config::AppEnv;
use accounts::Jwks;
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use domain::{Code, Problem};
use edge::limit;
use edge::problem::{problem, refusal};
use http::{Method, StatusCode, Uri};
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use compat::Compat;
pub(crate) use cors::{Cors, middleware as cors};

use compat::root_owns;

const JWKS: &str = "/.well-known/jwks.json";

/// What a handler answers.
type Answer<T> = Result<T, Refusal>;

/// Done, and nothing to say of it.
struct NoContent;

impl IntoResponse for NoContent {
    fn into_response(self) -> Response {
        StatusCode::NO_CONTENT.into_response()
    }
}

/// All calls of the API, each counted, but for those of pages elsewhere, which are refused before: they could spend
/// what their visitors have. The keys are fetched by whole services behind one address.
pub(crate) fn router(state: &AppState) -> Router<AppState> {
    let (foreign, callers) = (from_fn_with_state(state.origin.clone(), foreign::middleware), state.callers());
    let hinted = |router: Router<AppState>| match state.env {
        AppEnv::Development => router.layer(from_fn(hint::middleware)),
        AppEnv::Production => router,
    };
    let by_token = hinted(by_token(state.compat))
        .layer((foreign.clone(), from_fn_with_state(callers.clone(), limit::programs)));
    let by_cookie = hinted(compat::by_cookie(state.compat))
        .layer((foreign, from_fn_with_state(callers, limit::cookie_programs)));
    by_token.merge(by_cookie).merge(Router::from(keys()))
}

/// The calls of programs with an access token, or without any.
fn by_token(compat: Compat) -> Router<AppState> {
    Router::from(canonical()).merge(compat::by_token(compat))
}

/// The calls that say themselves what they are; the families' are described as their twins.
fn canonical() -> OpenApiRouter<AppState> {
    OpenApiRouter::with_openapi(openapi::Problems::openapi()).nest(v1::PREFIX, v1::router())
}

fn keys() -> OpenApiRouter<AppState> {
    OpenApiRouter::default().routes(routes!(jwks))
}

/// Whether a request is the API's, where every refusal is a problem document whatever the client reads.
pub(crate) fn owns(compat: Compat, method: &Method, uri: &Uri) -> bool {
    under("/api", uri.path()) || compat::owns(compat, method, uri.path())
}

fn under(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
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
