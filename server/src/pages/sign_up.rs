//! What makes a sign-up form recognisable that is sent again: a nonce in the form, and a cookie.

use crate::state::AppState;
use accounts::{RequestCtx, SignUpForm};
use app::SignUpNonce;
use axum::extract::{MatchedPath, Request, State};
use axum::middleware::Next;
use axum::response::Response;
use http::Method;

pub(crate) async fn middleware(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let Some(SignUpForm { nonce, browser }) = shown(&state, &request) else { return next.run(request).await };
    request.extensions_mut().insert(SignUpNonce(nonce));
    let mut response = next.run(request).await;
    let (name, value) = state.cookies.set_sign_up(&browser);
    response.headers_mut().append(name, value);
    response
}

fn shown(state: &AppState, request: &Request) -> Option<SignUpForm> {
    let path = request.extensions().get::<MatchedPath>()?;
    let form = request.method() == Method::GET && path.as_str() == "/register" && state.app.signup_open;
    let ctx = request.extensions().get::<RequestCtx>().filter(|ctx| form && ctx.viewer().is_none())?;
    Some(state.accounts.sign_up_form(ctx))
}
