//! Pages of the configured origins may call the API with their own tokens, but only where no cookie is read: never
//! pages, `/fn` and the cookie family.

use crate::config::Compat;
use crate::http::paths;
use crate::state::AppState;
use axum::extract::Request;
use axum::response::Response;
use edge::Origin;
use http::header::{
    ACCESS_CONTROL_REQUEST_METHOD, AUTHORIZATION, CONTENT_TYPE, ETAG, IF_MATCH, IF_NONE_MATCH, ORIGIN,
    RETRY_AFTER, WWW_AUTHENTICATE,
};
use http::{HeaderName, HeaderValue, Method};
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;
use tower::{Layer, Service, service_fn};
use tower_http::cors::{AllowOrigin, CorsLayer};

/// How long a browser may cache a preflight's answer.
const MAX_AGE: Duration = Duration::from_mins(10);

/// The origins, and the headers of their answers.
pub(super) struct Cors {
    origins: Arc<[Origin]>,
    compat: Compat,
    layer: CorsLayer,
}

/// Marks a request that a page of one of these origins sent.
#[derive(Clone, Copy)]
pub(crate) struct AllowedOrigin;

impl Cors {
    pub(super) fn new(state: &AppState) -> Self {
        let origins: Vec<_> = state.cors_origins.iter().filter_map(header).collect();
        let exposed = ["ratelimit", "ratelimit-policy", "x-request-id"].map(HeaderName::from_static);
        let layer = CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
            .allow_headers([AUTHORIZATION, CONTENT_TYPE, IF_MATCH, IF_NONE_MATCH])
            .expose_headers(
                [ETAG, RETRY_AFTER, WWW_AUTHENTICATE].into_iter().chain(exposed).collect::<Vec<_>>(),
            )
            .max_age(MAX_AGE);
        Self { origins: state.cors_origins.clone(), compat: state.compat, layer }
    }

    /// Whether pages of other origins may call, and a request, or the one that it asks for, is judged by its bearer token
    /// alone.
    pub(super) fn is_for(&self, request: &Request) -> bool {
        if self.origins.is_empty() {
            return false;
        }
        let path = request.uri().path();
        let asked = request.headers().get(ACCESS_CONTROL_REQUEST_METHOD);
        let asked = asked.filter(|_| request.method() == Method::OPTIONS);
        let asked = asked.and_then(|method| Method::from_bytes(method.as_bytes()).ok());
        let method = asked.as_ref().unwrap_or(request.method());
        paths::is_by_token(self.compat, method, path)
    }

    fn allows(&self, request: &Request) -> bool {
        let mut lines = request.headers().get_all(ORIGIN).iter();
        let (Some(origin), None) = (lines.next(), lines.next()) else { return false };
        self.origins.iter().any(|allowed| allowed.as_str().as_bytes() == origin.as_bytes())
    }

    /// The answer with its headers; a preflight's own.
    pub(super) fn answer<F, A>(
        &self,
        mut request: Request,
        mut inside: F,
    ) -> impl Future<Output = Response> + Send + use<F, A>
    where
        F: FnMut(Request) -> A,
        A: Future<Output = Response> + Send + 'static,
    {
        if self.allows(&request) {
            request.extensions_mut().insert(AllowedOrigin);
        }
        let inside = service_fn(move |request| {
            let answer = inside(request);
            async { Ok::<_, Infallible>(answer.await) }
        });
        let answered = self.layer.layer(inside).call(request);
        async { answered.await.unwrap_or_else(|never| match never {}) }
    }
}

fn header(origin: &Origin) -> Option<HeaderValue> {
    HeaderValue::from_str(origin.as_str()).ok()
}
