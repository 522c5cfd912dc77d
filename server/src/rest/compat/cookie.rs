//! The family under `/auth`: its token is in the cookie `token` and nowhere else. No page takes that cookie,
//! and no page's cookie is taken here.

use super::sign_out::SignOut;
use crate::http::document::document;
use crate::http::redirect::see_other;
use crate::rest::answer::{Answer, Refusal};
use crate::rest::etag::IfNoneMatch;
use crate::rest::input::Credentials;
use crate::rest::v1::users;
use crate::state::AppState;
use accounts::{Authenticated, Caller, RequestCtx, SessionToken};
use axum::extract::{FromRequestParts, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::{Code, Detail, LoginRequest, Problem, SessionKind, UserView};
use edge::caller::stranger;
use edge::cookie;
use http::header::ALLOW;
use http::request::Parts;
use http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use leptos::config::LeptosOptions;

const LOGOUT: &str = "/auth/logout";
const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");

pub(super) fn router() -> Router<AppState> {
    Router::new()
        .route("/auth/register", post(users::register))
        .route("/auth/login", post(login))
        .route("/auth/me", get(me))
        .route(LOGOUT, get(logout).post(logout))
}

/// The account that the family's cookie names; without a valid one a stranger.
struct CookieCaller {
    ctx: RequestCtx,
    renewed: Option<SessionToken>,
}

impl FromRequestParts<AppState> for CookieCaller {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let mut ctx = stranger(&state.callers(), &parts.extensions, &parts.headers);
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

/// The page that asks whether to sign out, and posts here.
fn confirmation(state: &AppState) -> Response {
    document(state, app::sign_out_document(LeptosOptions::clone(&state.site), &state.app, LOGOUT))
}

type Cookies<const N: usize> = AppendHeaders<[(HeaderName, HeaderValue); N]>;

/// Signs in under a new session. The token is in a cookie that no script can read; another cookie holds the device
/// token.
async fn login(
    State(state): State<AppState>,
    CookieCaller { ctx, .. }: CookieCaller,
    Credentials(request): Credentials<LoginRequest>,
) -> Answer<(Cookies<2>, Json<UserView>)> {
    let (user, token, device) = state.accounts.sign_in_api_cookie(&ctx, request.into()).await?;
    let cookies = [state.cookies.set(SessionKind::ApiCookie, &token), state.cookies.set_device(&device)];
    Ok((AppendHeaders(cookies), Json(user)))
}

/// The account.
async fn me(
    State(state): State<AppState>,
    caller: CookieCaller,
    known: IfNoneMatch,
) -> Answer<(Option<Cookies<1>>, Response)> {
    let account = state.accounts.me_encoded(&caller.ctx).await?;
    let renewed =
        caller.renewed.map(|token| AppendHeaders([state.cookies.set(SessionKind::ApiCookie, &token)]));
    Ok((renewed, known.or_encoded(&account)))
}

/// Ends the session, or asks first. A browser that posted a form is redirected, whether or not there was a session.
async fn logout(
    State(state): State<AppState>,
    method: Method,
    headers: HeaderMap,
    caller: CookieCaller,
) -> Answer<Response> {
    let navigates = match SignOut::judge(&state.origin, &method, &headers) {
        SignOut::Confirm => return Ok(confirmation(&state)),
        SignOut::CrossSite => return Err(Code::CrossSite.into()),
        SignOut::PostOnly => {
            let refusal =
                Refusal::from(Problem::new(Code::MethodNotAllowed).with_detail(Detail::SignsOutByPost));
            return Ok(([(ALLOW, HeaderValue::from_static("POST"))], refusal).into_response());
        }
        SignOut::Proceed { navigates } => navigates,
    };
    if !navigates {
        caller.ctx.signed_in()?;
    }
    state.accounts.sign_out(&caller.ctx).await?;
    let answer = if navigates { see_other("/") } else { StatusCode::NO_CONTENT.into_response() };
    let clear = (CLEAR_SITE_DATA, HeaderValue::from_static("\"storage\""));
    Ok(([state.cookies.clear(SessionKind::ApiCookie), clear], answer).into_response())
}
