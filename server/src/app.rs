//! The browser's side: pages, server functions, files, and what every answer carries.

mod csp_report;
mod docs;
mod failures;
mod files;
mod flash;
mod form;
mod functions;
mod guard;
mod headers;
mod health;
mod made_for;
mod manifest;
mod pages;
mod trace;
mod unsent;
mod well_known;
mod whoami;

pub(crate) use guard::see_other;
pub(crate) use pages::leaving;

use crate::config::AppEnv;
use crate::serve::Crowded;
use crate::{AppState, rest};
use axum::Router;
use axum::extract::Request;
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use domain::{Code, Problem};
use edge::problem::refusal;
use http::header::ACCEPT;
use http::{HeaderMap, Method};
use std::any::Any;
use std::sync::Arc;
use std::time::Duration;
use tower_http::catch_panic::CatchPanicLayer;

/// The whole server, as the binary and every HTTP test use it.
///
/// From the outside in: the request gets its id and its log line; every answer gets its headers; other origins
/// that may call the API are told so; HTML and JSON are compressed; a refusal becomes a page for whoever reads
/// HTML; a panic and a request that takes too long become refusals, and so does what found no place.
pub fn router(state: AppState) -> Router {
    let more = match state.env {
        AppEnv::Development => Router::new().route("/dev/gallery", get(pages::gallery)),
        AppEnv::Production => Router::new(),
    };
    serving(state, more)
}

/// The router with further routes, under everything that every answer gets.
pub fn serving(state: AppState, more: Router<AppState>) -> Router {
    let shared = Arc::new(state.clone());
    Router::new()
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/csp-report", csp_report::route())
        .route("/site.webmanifest", get(manifest::show))
        .route("/.well-known/change-password", get(well_known::change_password))
        .merge(more)
        .merge(rest::router(&state))
        .merge(docs::router(state.compat))
        .merge(whoami::router(&state))
        .merge(pages::router(&state))
        .fallback_service(files::or_not_found(&state))
        .method_not_allowed_fallback(async || refusal(Code::MethodNotAllowed))
        // The outermost first. In one piece: each layer apart would copy all those within it for each request.
        .layer((
            from_fn_with_state(shared.clone(), trace::middleware),
            from_fn_with_state(rest::Cors::new(&state), rest::cors),
            files::compression(),
            from_fn_with_state(shared, failures::middleware),
            CatchPanicLayer::custom(panicked),
            from_fn(crowded),
        ))
        .with_state(state)
}

/// Probes ask how the server is: they are answered also where there is no place.
async fn crowded(request: Request, next: Next) -> Response {
    const DETAIL: &str = "We're very busy right now. Nothing was changed; try again in a moment.";
    let probe = matches!(request.uri().path(), "/livez" | "/readyz");
    if probe || request.extensions().get::<Crowded>().is_none() {
        return next.run(request).await;
    }
    refusal(Problem::new(Code::Overloaded).with_detail(DETAIL))
}

/// Server functions have a limit of their own, where a plain post can still go back to its form.
async fn time_limit(limit: Duration, request: Request, next: Next) -> Response {
    if functions::is_call(&request) {
        return next.run(request).await;
    }
    in_time(limit, request.method().clone(), next.run(request)).await
}

/// The answer, or that it took too long: our fault, so 503, and nobody knows what was done until then.
async fn in_time(limit: Duration, method: Method, answer: impl Future<Output = Response>) -> Response {
    let answer = tokio::time::timeout(limit, answer).await;
    answer.unwrap_or_else(|_| {
        let (code, detail) = if method.is_safe() {
            (Code::Unavailable, "That took too long. Try again in a moment.")
        } else {
            let detail = "That took too long. If you were making a change, check whether it was saved before you \
                          try again.";
            (Code::OutcomeUnknown, detail)
        };
        refusal(Problem::new(code).with_detail(detail))
    })
}

/// What broke is in the log, written by the panic hook; the answer says only that something did.
fn panicked(_: Box<dyn Any + Send>) -> Response {
    refusal(Code::Internal)
}

/// Whether a page is wanted: browsers that navigate or post a form say so, WebAssembly and API
/// clients do not.
pub(crate) fn wants_html(headers: &HeaderMap) -> bool {
    let mut lines = headers.get_all(ACCEPT).iter().filter_map(|line| line.to_str().ok());
    lines.any(|line| line.contains("text/html"))
}
