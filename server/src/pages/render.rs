//! Leptos' pages and server functions, with everything that stands before them.

use super::{functions, guard, headers, made_for, wants_html};
use crate::AppState;
use crate::rest::slash::{self, Paths};
use crate::rest::{self, Compat};
use accounts::RequestCtx;
use app::ssr::{Request as PageRequest, provide};
use app::{AppSettings, Flash, Unsent};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{Html, IntoResponse, Response};
use axum::routing::any;
use domain::Code;
use edge::caller;
use edge::problem::refusal;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{Method, StatusCode};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::{LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context};

/// Every page and every server function. Leptos registers both, so what stands before a server
/// function is a layer that looks at the path.
pub(super) fn router(state: &AppState) -> Router<AppState> {
    let site = LeptosOptions::clone(&state.site);
    Router::new()
        .leptos_routes_with_context(state, generate_route_list(app::App), context(state), move || {
            app::shell(site.clone())
        })
        .layer(from_fn_with_state(state.clone(), guard::middleware))
        .layer(from_fn(made_for::middleware))
        .layer(from_fn_with_state(state.callers(), caller::middleware))
        .layer(from_fn_with_state(state.callers(), functions::limit))
        .layer(from_fn_with_state(state.clone(), functions::middleware))
}

/// Every component in every state, for looking at.
pub(super) async fn gallery(State(state): State<AppState>) -> Response {
    let html = app::gallery_document(LeptosOptions::clone(&state.site), &state.app);
    (headers::page_policy(&state, None), Html(html)).into_response()
}

/// The page that asks whether to sign out; its form is posted to `action`.
pub(crate) fn leaving(state: &AppState, action: &'static str) -> Response {
    let html = app::sign_out_document(LeptosOptions::clone(&state.site), &state.app, action);
    (headers::page_policy(state, None), Html(html)).into_response()
}

/// The page for an address where there is none; a problem document for whoever reads no HTML.
pub(super) fn not_found(state: &AppState) -> Router {
    let site = LeptosOptions::clone(&state.site);
    let render = render_app_async_with_context(context(state), move || app::shell(site.clone()));
    let page = any(async move |request: Request| {
        let mut response = render(request).await;
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    });
    Router::new()
        .fallback_service(page)
        .layer(from_fn_with_state(state.callers(), caller::middleware))
        .layer(from_fn_with_state((state.compat, Paths::new(state.compat)), without_page))
}

/// What needs no page, no caller and no database.
async fn without_page(
    State((compat, calls)): State<(Compat, Paths)>,
    request: Request,
    next: Next,
) -> Response {
    let (path, reads) = (request.uri().path(), matches!(*request.method(), Method::GET | Method::HEAD));
    let page = app::routes::PAGES.iter().find(|page| slash::trimmed(path) == Some(page.path));
    // A page's address may be the API's too, for whoever does not read.
    let call = calls.without_slash(request.uri()).filter(|_| !reads || page.is_none());
    match (call, page) {
        (Some(call), _) => call,
        (None, Some(page)) => {
            let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
            guard::see_other(&format!("{}{query}", page.path))
        }
        (None, None) if reads && wants_html(request.headers()) && !owned(compat, &request) => {
            next.run(request).await
        }
        (None, None) => refusal(Code::NotFound),
    }
}

fn owned(compat: Compat, request: &Request) -> bool {
    rest::owns(compat, request.method(), request.uri())
}

/// What Leptos gives to pages and server functions. It also runs once at the start, without a request,
/// to find out which pages there are.
fn context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let state = state.clone();
    move || {
        let Some((ctx, flash, unsent)) = use_context::<Parts>().and_then(|mut parts| {
            let ctx = parts.extensions.remove::<RequestCtx>()?;
            Some((
                ctx,
                parts.extensions.remove::<Flash>(),
                parts.extensions.remove::<Unsent>().unwrap_or_default(),
            ))
        }) else {
            return;
        };
        if let Some(options) = use_context::<ResponseOptions>() {
            answer(&state, &options, flash.as_ref());
        }
        provide(PageRequest {
            accounts: state.accounts.clone(),
            ctx,
            cookies: state.cookies,
            settings: AppSettings::clone(&state.app),
            flash,
            unsent,
        });
    }
}

/// The page's policy with the nonce of its scripts (server functions have none), and the status that
/// the flash brings along: a page that says "wait" must not look like success to a machine.
fn answer(state: &AppState, options: &ResponseOptions, flash: Option<&Flash>) {
    if let Some(nonce) = use_nonce() {
        for (name, value) in &headers::page_policy(state, Some(&nonce)) {
            options.insert_header(name.clone(), value.clone());
        }
    }
    let Some(problem) = flash.and_then(|flash| flash.problem.as_ref()) else { return };
    if matches!(problem.status, 429 | 503) {
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
        options.set_status(status);
        options.insert_header(RETRY_AFTER, problem.retry_after.unwrap_or(5).into());
    }
}
