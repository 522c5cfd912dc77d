//! Who calls the API. No cookie is read here: what a browser sends by itself authorizes nothing.

use super::answer::Refusal;
use crate::state::AppState;
use accounts::{Caller, RawToken, RequestCtx};
use axum::extract::FromRequestParts;
use domain::Code;
use edge::bearer::ReadBearer;
use edge::caller::ReadCall;
use http::HeaderName;
use http::request::Parts;

/// The header with a program's device token.
pub(super) const DEVICE_TOKEN: HeaderName = HeaderName::from_static("x-device-token");

/// Anyone, whatever the `Authorization` header holds: a client whose token has ended must be able to sign in.
pub(super) struct Anyone(pub(super) RequestCtx);

/// A member with a valid access token.
pub(super) struct Member(pub(super) RequestCtx);

/// A member where there is an access token, which must be valid then; else a stranger.
pub(super) struct MaybeMember(pub(super) RequestCtx);

impl FromRequestParts<AppState> for Anyone {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        Ok(Self(context(parts, state)))
    }
}

impl FromRequestParts<AppState> for Member {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let call = call(parts, state);
        let token = match call.bearer {
            ReadBearer::Token(token) => token,
            ReadBearer::Absent => return Err(Code::SignInNeeded.into()),
            ReadBearer::Malformed => return Err(Code::InvalidToken.into()),
        };
        let mut ctx = stranger(call, parts);
        let accounts = &state.accounts;
        let member = if parts.method.is_safe() {
            accounts.authenticate_read_cached(token, ctx.now).await?
        } else {
            Box::pin(accounts.authenticate_read(token, ctx.now)).await?
        };
        ctx.caller = Caller::Member(member.ok_or(Code::InvalidToken)?);
        Ok(Self(ctx))
    }
}

impl FromRequestParts<AppState> for MaybeMember {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Refusal> {
        let call = call(parts, state);
        if matches!(call.bearer, ReadBearer::Absent) {
            return Ok(Self(stranger(call, parts)));
        }
        let Member(ctx) = Member::from_request_parts(parts, state).await?;
        Ok(Self(ctx))
    }
}

pub(super) fn context(parts: &Parts, state: &AppState) -> RequestCtx {
    stranger(call(parts, state), parts)
}

/// What was read before the call was counted; what was not counted is read now.
fn call(parts: &Parts, state: &AppState) -> ReadCall {
    let read = || ReadCall::of(&state.accounts, &state.proxies, &parts.extensions, &parts.headers);
    parts.extensions.get().copied().unwrap_or_else(read)
}

fn stranger(call: ReadCall, parts: &Parts) -> RequestCtx {
    let token = parts.headers.get(DEVICE_TOKEN).and_then(|token| token.to_str().ok());
    call.stranger(&parts.extensions, &parts.headers, token.and_then(RawToken::parse))
}
