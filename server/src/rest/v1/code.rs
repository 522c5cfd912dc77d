//! Signing in with a code by mail.

use super::auth::{DeviceToken, device_header};
use crate::rest::answer::{Accepted, Answer};
use crate::rest::caller::{Anyone, DEVICE_TOKEN};
use crate::rest::input::{Credentials, Headers};
use crate::rest::sample;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::{CodeLogin, CodeRequest, TokenPair};

/// Ask for a sign-in code
///
/// Sends a code by email if there is such an account. The answer is the same if there is none. A code is a way in
/// while someone else is guessing your password and signing in with it has to wait.
#[utoipa::path(
    post,
    path = "/auth/code",
    operation_id = "ask_sign_in_code",
    tag = "Signing in",
    params((
        "X-Device-Token" = Option<String>, Header, format = Password,
        description = "The device token of an earlier sign-in. Emails asked for with it have a limit of their own",
    )),
    request_body(content(
        (CodeRequest = "application/json", example = json!({ "identifier": "ana@example.com" })),
        (CodeRequest = "application/x-www-form-urlencoded", example = json!({ "identifier": "ana@example.com" })),
    )),
    responses(
        (status = 202, description = "If there is such an account, it gets an email"),
    ),
)]
pub(crate) async fn ask(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Credentials(request): Credentials<CodeRequest>,
) -> Answer<Accepted> {
    state.accounts.ask_sign_in_code(&ctx, request.into()).await?;
    Ok(Accepted)
}

/// Sign in with a code
///
/// Starts a new session and returns its tokens, as signing in with a password does. A code works once, for 10 minutes;
/// after five wrong tries ask for a new one.
#[utoipa::path(
    post,
    path = "/auth/login/code",
    operation_id = "login_by_code",
    tag = "Signing in",
    params((
        "X-Device-Token" = Option<String>, Header, format = Password,
        description = "The device token of an earlier sign-in, or `new` to get one",
    )),
    request_body(content(
        (CodeLogin = "application/json", example = json!({ "identifier": "ana@example.com", "code": sample::CODE })),
        (
            CodeLogin = "application/x-www-form-urlencoded",
            example = json!({ "identifier": "ana@example.com", "code": sample::CODE }),
        ),
    )),
    responses(
        (
            status = 200, description = "The session's tokens", body = TokenPair,
            headers(("X-Device-Token" = String, description = "Send it when you sign in again. Only if you asked for one")),
        ),
        (status = 401, description = "The code is mistyped, used or expired. With `code` `second_factor_needed` that was right, and the account has a second factor: `challenge`, `methods` and `expires_in` (seconds) stand beside the other members, for `POST /api/v1/auth/login/factor`"),
    ),
)]
pub(crate) async fn login(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Headers(headers): Headers,
    Credentials(request): Credentials<CodeLogin>,
) -> Answer<(Option<DeviceToken>, Json<TokenPair>)> {
    let known = headers.contains_key(DEVICE_TOKEN);
    let (pair, device) = state.accounts.sign_in_by_code_bearer(&ctx, request.into(), known).await?;
    Ok((device.as_ref().map(device_header), Json(pair)))
}
