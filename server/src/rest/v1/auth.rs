//! Signing in and out, and new tokens for old ones.

use crate::rest::answer::{Answer, NoContent};
use crate::rest::caller::{Anyone, DEVICE_TOKEN, Member};
use crate::rest::input::{Credentials, Headers};
use crate::rest::sample;
use crate::state::AppState;
use accounts::RawToken;
use axum::Json;
use axum::extract::State;
use axum::response::AppendHeaders;
use domain::{Code, LoginRequest, Renewal, TokenPair};
use edge::bearer::{self, Bearer};
use http::HeaderName;

pub(super) type DeviceToken = AppendHeaders<[(HeaderName, String); 1]>;

/// The header with the token that makes a program a known device.
pub(super) fn device_header(token: &RawToken) -> DeviceToken {
    AppendHeaders([(DEVICE_TOKEN, token.reveal())])
}

/// Sign in
///
/// Starts a new session and returns its tokens. The same fields are also accepted as `multipart/form-data` without
/// files. Send the header `X-Device-Token` to get a device token in the same header; signing in with it works even
/// while someone else is guessing your password.
#[utoipa::path(
    post,
    path = "/auth/login",
    operation_id = "login",
    tag = "Signing in",
    params((
        "X-Device-Token" = Option<String>, Header, format = Password,
        description = "The device token of an earlier sign-in, or `new` to get one",
    )),
    request_body(content(
        (LoginRequest = "application/json", example = json!({ "username": "ana@example.com", "password": sample::PASSWORD })),
        (
            LoginRequest = "application/x-www-form-urlencoded",
            example = json!({ "username": "ana@example.com", "password": sample::PASSWORD }),
        ),
    )),
    responses(
        (
            status = 200, description = "The session's tokens", body = TokenPair,
            headers(("X-Device-Token" = String, description = "Send it when you sign in again. Only if you asked for one")),
            links(
                ("refresh" = (operation_id = "refresh", request_body = json!({
                    "refresh_token": "$response.body#/refresh_token",
                }))),
                ("read_me" = (operation_id = "read_me")),
            ),
        ),
        (status = 401, description = "The email, username or password is incorrect. With `code` `second_factor_needed` that was right, and the account has a second factor: `challenge`, `methods` and `expires_in` (seconds) stand beside the other members, for `POST /api/v1/auth/login/factor`"),
    ),
)]
pub(crate) async fn login(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Headers(headers): Headers,
    Credentials(request): Credentials<LoginRequest>,
) -> Answer<(Option<DeviceToken>, Json<TokenPair>)> {
    if !headers.contains_key(DEVICE_TOKEN) {
        return Ok((None, Json(state.accounts.sign_in_bearer(&ctx, request.into()).await?)));
    }
    let (pair, device) = state.accounts.sign_in_known_bearer(&ctx, request.into()).await?;
    Ok((Some(device_header(&device)), Json(pair)))
}

/// Refresh tokens
///
/// Exchanges a refresh token for a new pair. Send it in the body, or else as the bearer token. It works once; for
/// 10 seconds, repeating the request returns the same new refresh token, until that one is used. Using it again
/// later ends the session.
#[utoipa::path(
    post,
    path = "/auth/refresh",
    operation_id = "refresh",
    tag = "Signing in",
    request_body(content(
        (Renewal = "application/json", example = json!({ "refresh_token": sample::REFRESH_TOKEN })),
        (Renewal = "application/x-www-form-urlencoded", example = json!({ "refresh_token": sample::REFRESH_TOKEN })),
    )),
    security((), ("bearer" = [])),
    responses(
        (
            status = 200, description = "A new pair of tokens", body = TokenPair,
            links(
                ("refresh" = (operation_id = "refresh", request_body = json!({
                    "refresh_token": "$response.body#/refresh_token",
                }))),
            ),
        ),
        (status = 401, description = "The refresh token is invalid, used or expired"),
    ),
)]
pub(crate) async fn refresh(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Headers(headers): Headers,
    Credentials(renewal): Credentials<Renewal>,
) -> Answer<Json<TokenPair>> {
    let token = match bearer::read(&headers) {
        _ if !renewal.refresh_token.expose().is_empty() => renewal.refresh_token.expose(),
        Bearer::Token(token) => token,
        Bearer::Absent | Bearer::Malformed => return Err(Code::InvalidToken.into()),
    };
    Ok(Json(state.accounts.refresh(&ctx, token).await?))
}

/// Sign out
///
/// Ends the session. Its access and refresh tokens stop working immediately.
#[utoipa::path(
    post,
    path = "/auth/logout",
    operation_id = "logout",
    tag = "Signing in",
    responses(
        (status = 204, description = "The session has ended"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn logout(State(state): State<AppState>, Member(ctx): Member) -> Answer<NoContent> {
    state.accounts.sign_out(&ctx).await?;
    Ok(NoContent)
}

/// Restore your account
///
/// An account that you delete can be restored for some days. Takes the fields of a sign-in, and starts a new session as
/// a sign-in does.
#[utoipa::path(
    post,
    path = "/auth/restore",
    operation_id = "restore",
    tag = "Signing in",
    request_body(content(
        (LoginRequest = "application/json", example = json!({ "username": "ana@example.com", "password": sample::PASSWORD })),
        (
            LoginRequest = "application/x-www-form-urlencoded",
            example = json!({ "username": "ana@example.com", "password": sample::PASSWORD }),
        ),
    )),
    responses(
        (status = 200, description = "The session's tokens", body = TokenPair),
        (status = 401, description = "The email, username or password is incorrect, or the account is gone. With `code` `second_factor_needed` that was right, and the account has a second factor: `challenge`, `methods` and `expires_in` (seconds) stand beside the other members, for `POST /api/v1/auth/login/factor`"),
    ),
)]
pub(crate) async fn restore(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Credentials(request): Credentials<LoginRequest>,
) -> Answer<Json<TokenPair>> {
    Ok(Json(state.accounts.restore_bearer(&ctx, request.into()).await?))
}
