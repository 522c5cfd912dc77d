//! Leptos' pages and server functions.

use crate::config::Compat;
use crate::http::document::document;
use crate::http::negotiation::wants_html;
use crate::http::{headers, paths};
use crate::state::AppState;
use accounts::RequestCtx;
use app::ssr::passkey::PasskeyBrowser;
use app::ssr::{Challenge, Request as PageRequest, provide};
use app::{AppSettings, Flash, SignUpNonce, Unsent};
use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use axum::routing::any;
use domain::Code;
use edge::problem::refusal;
use http::header::RETRY_AFTER;
use http::request::Parts;
use http::{HeaderName, HeaderValue, Method, StatusCode};
use leptos::config::LeptosOptions;
use leptos::nonce::use_nonce;
use leptos::prelude::use_context;
use leptos_axum::{
    AxumRouteListing, LeptosRoutes, ResponseOptions, generate_route_list, render_app_async_with_context,
};
use std::sync::LazyLock;

/// The server functions that read the cookie of a sign-in which waits for its second factor.
const OF_A_SECOND_STEP: [&str; 3] = ["/fn/login/factor", "/fn/login/factor/end", PASSKEY_OPTIONS];
/// Those that read the cookie of a browser which is asked for a passkey by a stranger.
const OF_A_PASSKEY: [&str; 2] = ["/fn/login/passkey", PASSKEY_OPTIONS];
const PASSKEY_OPTIONS: &str = "/fn/passkey/options";

/// Every page and every server function. Leptos registers both, so the layer over server functions has to look at the
/// path.
pub(crate) fn router(state: &AppState) -> Router<AppState> {
    let site = LeptosOptions::clone(&state.site);
    let shell = move || app::shell(site.clone());
    Router::new().leptos_routes_with_context(state, routes(), context(state), shell)
}

/// The routes of all pages. They are found once: meanwhile Leptos keeps every resource of the process from loading, so
/// that a page which another server of this process renders just then would wait for ever.
#[must_use]
pub fn routes() -> Vec<AxumRouteListing> {
    static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(app::App));
    ROUTES.clone()
}

/// Every component in every state, for looking at.
pub(crate) async fn gallery(State(state): State<AppState>) -> Response {
    document(&state, app::gallery_document(LeptosOptions::clone(&state.site), &state.app))
}

/// The page for an unknown address; a problem document for clients that do not accept HTML.
pub(crate) fn not_found(state: &AppState) -> Router {
    let site = LeptosOptions::clone(&state.site);
    let render = render_app_async_with_context(context(state), move || app::shell(site.clone()));
    let page = any(async move |request: Request| {
        let mut response = render(request).await;
        *response.status_mut() = StatusCode::NOT_FOUND;
        response
    });
    Router::new().fallback_service(page)
}

/// A page is rendered only for clients that accept HTML; this check needs no caller and no database.
pub(crate) async fn only_for_readers(State(compat): State<Compat>, request: Request, next: Next) -> Response {
    let reads = matches!(*request.method(), Method::GET | Method::HEAD);
    let api = paths::is_api(compat, request.method(), request.uri().path());
    if reads && wants_html(request.headers()) && !api {
        return next.run(request).await;
    }
    refusal(Code::NotFound)
}

/// What Leptos gives to pages and server functions. It also runs once at the start, without a request,
/// to find out which pages there are.
fn context(state: &AppState) -> impl Fn() + Clone + Send + Sync + 'static {
    let state = state.clone();
    move || {
        let Some((ctx, challenge, passkey_browser, flash, unsent, nonce)) =
            use_context::<Parts>().and_then(|mut parts| {
                let ctx = parts.extensions.remove::<RequestCtx>()?;
                let reads = |functions: &[&str]| functions.contains(&parts.uri.path());
                let challenge = state.cookies.challenge(&parts.headers).filter(|_| reads(&OF_A_SECOND_STEP));
                let challenge = challenge.map(|challenge| Challenge(challenge.to_owned()));
                let browser = state.cookies.passkey(&parts.headers).filter(|_| reads(&OF_A_PASSKEY));
                let browser = browser.map(|browser| PasskeyBrowser(browser.to_owned()));
                Some((
                    ctx,
                    challenge,
                    browser,
                    parts.extensions.remove::<Flash>(),
                    parts.extensions.remove::<Unsent>().unwrap_or_default(),
                    parts.extensions.remove::<SignUpNonce>().unwrap_or_default(),
                ))
            })
        else {
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
            nonce,
            challenge,
            passkey_browser,
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
    let (status, wait) = flash.map_or_else(Default::default, status_of);
    if let Some((name, seconds)) = wait {
        options.set_status(status);
        options.insert_header(name, seconds);
    }
}

/// The status of a page that shows this, and when to come back.
pub(super) fn status_of(flash: &Flash) -> (StatusCode, Option<(HeaderName, HeaderValue)>) {
    match &flash.problem {
        Some(problem) if matches!(problem.status, 429 | 503) => {
            let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::SERVICE_UNAVAILABLE);
            (status, Some((RETRY_AFTER, problem.retry_after.unwrap_or(5).into())))
        }
        _ => (StatusCode::OK, None),
    }
}
