//! The family under `/auth`: its token is in the cookie `token` and nowhere else. No page takes that cookie,
//! and no page's cookie is taken here.

use crate::rest::input::Credentials;
use crate::rest::v1::users;
use crate::rest::{Answer, Refusal, caller};
use crate::{AppState, web};
use accounts::{Authenticated, Caller, RequestCtx, SessionToken};
use axum::extract::{FromRequestParts, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::{Code, Grant, Problem, UserView};
use edge::cookie;
use edge::origin::Site;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};

pub(super) const PREFIX: &str = "/auth";
const LOGOUT: &str = "/auth/logout";
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/auth/register", post(users::register))
        .route("/auth/login", post(login))
        .route("/auth/me", get(me))
        .route(LOGOUT, get(ask_to_sign_out).post(logout))
}

/// Whoever the family's cookie names; without a good one a stranger.
struct Visitor {
    ctx: RequestCtx,
    renewed: Option<SessionToken>,
}

impl FromRequestParts<AppState> for Visitor {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        // A browser sends the cookie whoever wrote the page. Without a word of where from it is no browser.
        if !parts.method.is_safe() && state.origin.judge(&parts.headers) == Site::Foreign {
            return Err(Code::CrossSite.into());
        }
        let mut ctx = caller::context(parts, state);
        let Some(token) = cookie::read(&parts.headers, state.cookies.api_name()) else {
            return Ok(Self { ctx, renewed: None });
        };
        let known = state.accounts.authenticate_api_cookie(token, ctx.now).await?;
        let renewed = known.and_then(|Authenticated { member, renewed }| {
            ctx.caller = Caller::Member(member);
            renewed
        });
        Ok(Self { ctx, renewed })
    }
}

type Cookie = [(HeaderName, HeaderValue); 1];

/// Signs in under a new session. The token is in the cookie, where no script reads it.
async fn login(
    State(state): State<AppState>,
    Visitor { ctx, .. }: Visitor,
    Credentials(grant): Credentials<Grant>,
) -> Answer<(Cookie, Json<UserView>)> {
    let (user, token) = state.accounts.sign_in_api_cookie(&ctx, grant.into()).await?;
    Ok(([state.cookies.set_api(&token)], Json(user)))
}

/// The account.
async fn me(State(state): State<AppState>, visitor: Visitor) -> Answer<(Option<Cookie>, Json<UserView>)> {
    let user = state.accounts.me(&visitor.ctx).await?;
    Ok((visitor.renewed.map(|token| [state.cookies.set_api(&token)]), Json(user)))
}

/// Ends the session. A browser that was led here by a form is led on, whether or not there was one.
async fn logout(State(state): State<AppState>, visitor: Visitor, headers: HeaderMap) -> Answer<Response> {
    let navigates = navigates(&headers);
    if !navigates {
        visitor.ctx.member()?;
    }
    state.accounts.sign_out(&visitor.ctx).await?;
    let answer = if navigates { web::see_other("/") } else { StatusCode::NO_CONTENT.into_response() };
    let clear = (CLEAR_SITE_DATA, HeaderValue::from_static("\"cache\",\"storage\""));
    Ok(([state.cookies.clear_api(), clear], answer).into_response())
}

/// The one GET that writes, for programs that know no other way. A browser says what it does and from where:
/// it gets a page that asks, or nothing where it only looks ahead or loads a part of some page.
async fn ask_to_sign_out(
    state: State<AppState>,
    method: Method,
    headers: HeaderMap,
    visitor: Visitor,
) -> Answer<Response> {
    const DETAIL: &str = "Nothing was changed. A browser signs out by POST.";
    if navigates(&headers) {
        return Ok(web::leaving(&state, LOGOUT));
    }
    if state.origin.judge(&headers) == Site::Foreign {
        return Err(Code::CrossSite.into());
    }
    if method != Method::GET || is_browser(&headers) {
        let refusal = Refusal::from(Problem::new(Code::MethodNotAllowed).with_detail(DETAIL));
        return Ok(([(ALLOW, HeaderValue::from_static("POST"))], refusal).into_response());
    }
    logout(state, visitor, headers).await
}

/// Whether a person is to see the answer.
fn navigates(headers: &HeaderMap) -> bool {
    headers.get("sec-fetch-mode").is_some_and(|mode| mode == "navigate") || web::wants_html(headers)
}

/// Whether the request says how a page came to send it, or that nobody asked for it yet.
fn is_browser(headers: &HeaderMap) -> bool {
    let of_browsers = |name: &HeaderName| {
        let name = name.as_str();
        name.starts_with("sec-") || matches!(name, "purpose" | "x-moz" | "x-purpose")
    };
    headers.keys().any(of_browsers)
}
