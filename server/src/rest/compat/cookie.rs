//! The family under `/auth`: its token is in the cookie `token` and nowhere else. No page takes that cookie,
//! and no page's cookie is taken here.

use super::sign_out::SignOut;
use crate::rest::input::Credentials;
use crate::rest::tags::Known;
use crate::rest::v1::users;
use crate::rest::{Answer, Refusal};
use crate::{AppState, web};
use accounts::{Authenticated, Caller, RequestCtx, SessionToken};
use axum::extract::{FromRequestParts, State};
use axum::response::{AppendHeaders, IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use domain::{Code, Grant, Problem, SessionKind, UserView};
use edge::caller::stranger;
use edge::cookie;
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
        .route(LOGOUT, get(logout).post(logout))
}

/// Whoever the family's cookie names; without a good one a stranger.
struct Visitor {
    ctx: RequestCtx,
    renewed: Option<SessionToken>,
}

impl FromRequestParts<AppState> for Visitor {
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

type Cookies<const N: usize> = AppendHeaders<[(HeaderName, HeaderValue); N]>;

/// Signs in under a new session. The token is in the cookie, where no script reads it, and beside it what the
/// client is known by when strangers guess.
async fn login(
    State(state): State<AppState>,
    Visitor { ctx, .. }: Visitor,
    Credentials(grant): Credentials<Grant>,
) -> Answer<(Cookies<2>, Json<UserView>)> {
    let (user, token, device) = state.accounts.sign_in_api_cookie(&ctx, grant.into()).await?;
    let cookies = [state.cookies.set(SessionKind::ApiCookie, &token), state.cookies.set_device(&device)];
    Ok((AppendHeaders(cookies), Json(user)))
}

/// The account.
async fn me(
    State(state): State<AppState>,
    visitor: Visitor,
    known: Known,
) -> Answer<(Option<Cookies<1>>, Response)> {
    let user = state.accounts.me(&visitor.ctx).await?;
    let renewed =
        visitor.renewed.map(|token| AppendHeaders([state.cookies.set(SessionKind::ApiCookie, &token)]));
    Ok((renewed, known.or(user)))
}

/// Ends the session, or asks whether to. A browser that was led here by a form is led on, whether or not there was
/// a session.
async fn logout(
    State(state): State<AppState>,
    method: Method,
    headers: HeaderMap,
    visitor: Visitor,
) -> Answer<Response> {
    const DETAIL: &str = "Nothing was changed. A browser signs out by POST.";
    let seen = match SignOut::judge(&state.origin, &method, &headers) {
        SignOut::Asks => return Ok(web::leaving(&state, LOGOUT)),
        SignOut::Foreign => return Err(Code::CrossSite.into()),
        SignOut::OnlyByPost => {
            let refusal = Refusal::from(Problem::new(Code::MethodNotAllowed).with_detail(DETAIL));
            return Ok(([(ALLOW, HeaderValue::from_static("POST"))], refusal).into_response());
        }
        SignOut::Acts { seen } => seen,
    };
    if !seen {
        visitor.ctx.member()?;
    }
    state.accounts.sign_out(&visitor.ctx).await?;
    let answer = if seen { web::see_other("/") } else { StatusCode::NO_CONTENT.into_response() };
    let clear = (CLEAR_SITE_DATA, HeaderValue::from_static("\"storage\""));
    Ok(([state.cookies.clear(SessionKind::ApiCookie), clear], answer).into_response())
}
