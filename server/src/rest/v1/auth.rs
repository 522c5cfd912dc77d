//! Signing in and out, and new tokens for old ones.

use crate::AppState;
use crate::rest::caller::{Anyone, Member};
use crate::rest::input::{Credentials, Headers};
use crate::rest::{Answer, NoContent};
use axum::Json;
use axum::extract::State;
use domain::{Code, Grant, Renewal, TokenPair};
use edge::bearer::{self, Bearer};

/// Signs in under a new session.
pub(crate) async fn login(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Credentials(grant): Credentials<Grant>,
) -> Answer<Json<TokenPair>> {
    Ok(Json(state.accounts.sign_in_bearer(&ctx, grant.into()).await?))
}

/// Exchanges a refresh token, in the body or else in the header.
pub(crate) async fn refresh(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Headers(headers): Headers,
    Credentials(renewal): Credentials<Renewal>,
) -> Answer<Json<TokenPair>> {
    let token = match bearer::read(&headers) {
        _ if !renewal.refresh_token.is_empty() => renewal.refresh_token.as_str(),
        Bearer::Token(token) => token,
        Bearer::Absent | Bearer::Malformed => return Err(Code::InvalidToken.into()),
    };
    Ok(Json(state.accounts.refresh(&ctx, token).await?))
}

/// Ends the session: its access and refresh tokens die at once.
pub(crate) async fn logout(State(state): State<AppState>, Member(ctx): Member) -> Answer<NoContent> {
    state.accounts.sign_out(&ctx).await?;
    Ok(NoContent)
}
