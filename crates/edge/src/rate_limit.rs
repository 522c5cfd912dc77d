//! The general limit, and the headers that tell clients what is left (draft-ietf-httpapi-ratelimit-headers-10).

use crate::bearer::{self, Bearer};
use crate::caller::Callers;
use crate::client_ip::peer;
use crate::{cookie, problem};
use accounts::{Error, RateLimit};
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use domain::SessionKind;
use http::{HeaderMap, HeaderName, HeaderValue, Method};

const POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");
const LIMIT: HeaderName = HeaderName::from_static("ratelimit");

/// Counts the calls of programs by their access token, else by their address.
pub async fn programs(State(callers): State<Callers>, request: Request, next: Next) -> Response {
    pass(count(&callers, SessionKind::Bearer, &request).await, request, next).await
}

/// Counts the calls of programs that keep cookies by the API's own cookie, else by their address.
pub async fn cookie_programs(State(callers): State<Callers>, request: Request, next: Next) -> Response {
    pass(count(&callers, SessionKind::ApiCookie, &request).await, request, next).await
}

/// Counts the calls of browsers by their session's cookie, else by their address.
pub async fn browsers(State(callers): State<Callers>, request: Request, next: Next) -> Response {
    pass(count(&callers, SessionKind::Browser, &request).await, request, next).await
}

/// A preflight is the browser's own question, and does nothing. Only the headers are kept while Redis is asked: a body
/// cannot be shared between threads.
fn count<'a>(
    callers: &'a Callers,
    kind: SessionKind,
    request: &'a Request,
) -> impl Future<Output = Option<RateLimit>> + Send + use<'a> {
    let preflight = *request.method() == Method::OPTIONS;
    let headers = request.headers();
    let token = match (kind, bearer::read(headers)) {
        (SessionKind::Bearer, Bearer::Token(token)) => Some(token),
        (SessionKind::Bearer, Bearer::Absent | Bearer::Malformed) => None,
        (SessionKind::Browser | SessionKind::ApiCookie, _) => {
            cookie::read(headers, callers.cookies.token_name(kind))
        }
    };
    let address = callers.proxies.client(peer(request.extensions()), headers);
    async move {
        if preflight {
            return None;
        }
        callers.accounts.check_rate_limit(kind, token, address, callers.accounts.now()).await
    }
}

async fn pass(rate_limit: Option<RateLimit>, request: Request, next: Next) -> Response {
    let Some(rate_limit) = rate_limit else { return next.run(request).await };
    let mut response = if rate_limit.admitted {
        next.run(request).await
    } else {
        problem::refusal(problem::problem(Error::TooManyTries { wait: rate_limit.more_in }))
    };
    tell(response.headers_mut(), &rate_limit);
    response
}

fn tell(headers: &mut HeaderMap, rate_limit: &RateLimit) {
    let RateLimit { limit, left, more_in, .. } = rate_limit;
    let seconds = problem::seconds(*more_in);
    for (name, text) in [
        (POLICY, format!("\"general\";q={limit};w=60")),
        (LIMIT, format!("\"general\";r={left};t={seconds}")),
    ] {
        if let Ok(value) = HeaderValue::try_from(text) {
            headers.insert(name, value);
        }
    }
}
