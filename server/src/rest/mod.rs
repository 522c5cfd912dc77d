//! The API: the same use cases over HTTP for programs. One file a resource; a handler gets its context, calls
//! one use case and shapes the answer.

mod caller;
mod compat;
mod cors;
mod hint;
mod input;
mod v1;

use crate::AppState;
use crate::config::AppEnv;
use accounts::Jwks;
use axum::Json;
use axum::Router;
use axum::extract::State;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::{Code, Problem};
use edge::limit;
use edge::problem::{problem, refusal};
use http::{Method, StatusCode, Uri};

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

/// All calls of the API, each counted. The keys are fetched by whole services behind one address.
pub(crate) fn router(state: &AppState) -> Router<AppState> {
    let router = Router::new()
        .nest(v1::PREFIX, v1::router())
        .merge(compat::router(state.compat))
        .layer(from_fn_with_state(state.callers(), limit::programs))
        .route(JWKS, get(jwks));
    match state.env {
        AppEnv::Development => router.layer(from_fn(hint::middleware)),
        AppEnv::Production => router,
    }
}

/// Whether a request is the API's, where every refusal is a problem document whatever the client reads.
pub(crate) fn owns(compat: Compat, method: &Method, uri: &Uri) -> bool {
    under("/api", uri.path()) || compat::owns(compat, method, uri.path())
}

fn under(prefix: &str, path: &str) -> bool {
    path.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// The public keys that access tokens are checked with (RFC 7517).
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
