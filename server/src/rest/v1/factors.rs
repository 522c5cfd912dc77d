//! Second factors: completing a sign-in with one, and the caller's own.

use super::auth::{DeviceToken, device_header};
use crate::rest::answer::{Answer, NoContent};
use crate::rest::caller::{Anyone, Member};
use crate::rest::input::{Credentials, Json as Body};
use crate::rest::sample;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::{
    FactorForm, FactorLogin, FactorsView, RecoveryCodes, TokenPair, TotpConfirmForm, TotpConfirmation,
    TotpEnrolment,
};
use http::StatusCode;

/// Complete a sign-in with a second factor
///
/// Takes the `challenge` of the answer `second_factor_needed` with a code, and starts a new session. A challenge works for
/// 5 minutes and five tries; then sign in anew.
#[utoipa::path(
    post,
    path = "/auth/login/factor",
    operation_id = "login_by_factor",
    tag = "Signing in",
    request_body(content(
        (FactorLogin = "application/json", example = json!({
            "challenge": sample::CHALLENGE, "method": "totp", "code": "492 039",
        })),
        (FactorLogin = "application/x-www-form-urlencoded", example = json!({
            "challenge": sample::CHALLENGE, "method": "totp", "code": "492 039",
        })),
    )),
    responses(
        (
            status = 200, description = "The session's tokens", body = TokenPair,
            headers(("X-Device-Token" = String, description = "Send it when you sign in again. Only if you asked for one when you signed in")),
        ),
        (status = 401, description = "The code is mistyped or used; with `code` `challenge_invalid`, sign in anew"),
    ),
)]
pub(crate) async fn login(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Credentials(request): Credentials<FactorLogin>,
) -> Answer<(Option<DeviceToken>, Json<TokenPair>)> {
    let (challenge, form) = request.split();
    let (pair, device) = state.accounts.sign_in_by_factor_bearer(&ctx, challenge.expose(), form).await?;
    Ok((device.as_ref().map(device_header), Json(pair)))
}

/// List your second factors
#[utoipa::path(
    get,
    path = "/users/me/factors",
    operation_id = "list_factors",
    tag = "My account",
    responses(
        (status = 200, description = "Your second factors", body = FactorsView),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(State(state): State<AppState>, Member(ctx): Member) -> Answer<Json<FactorsView>> {
    Ok(Json(state.accounts.factors(&ctx).await?))
}

/// Set up an authenticator app
///
/// Needs a recent sign-in. The app counts once you have confirmed a code of it; until then nothing changes, and one that
/// you have stays. Calling this again forgets what was begun before.
#[utoipa::path(
    post,
    path = "/users/me/factors/totp",
    operation_id = "begin_totp",
    tag = "My account",
    responses(
        (status = 201, description = "What the app needs to know", body = TotpEnrolment),
        (status = 403, description = "This needs a recent sign-in; with `code` `factors_off` this server has no second factors"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn begin_totp(
    State(state): State<AppState>,
    Member(ctx): Member,
) -> Answer<(StatusCode, Json<TotpEnrolment>)> {
    Ok((StatusCode::CREATED, Json(state.accounts.begin_totp(&ctx).await?)))
}

/// Confirm an authenticator app
///
/// From now on signing in takes a code of the app. All other sessions end. Needs a recent sign-in.
#[utoipa::path(
    post,
    path = "/users/me/factors/totp/confirm",
    operation_id = "confirm_totp",
    tag = "My account",
    request_body(content = TotpConfirmForm, example = json!({ "code": "492 039" })),
    responses(
        (status = 200, description = "The app counts", body = TotpConfirmation),
        (status = 403, description = "This needs a recent sign-in"),
        (status = 409, description = "No app is being set up, or it waited for more than an hour"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn confirm_totp(
    State(state): State<AppState>,
    Member(ctx): Member,
    Body(form): Body<TotpConfirmForm>,
) -> Answer<Json<TotpConfirmation>> {
    let confirmed = state.accounts.confirm_totp(&ctx, form).await?;
    let recovery_codes = confirmed.recovery_codes.map(|codes| codes.recovery_codes);
    Ok(Json(TotpConfirmation { recovery_codes }))
}

/// Remove your authenticator app
///
/// Signing in no longer takes a code of it. With your last second factor your recovery codes go. Needs a recent sign-in.
#[utoipa::path(
    delete,
    path = "/users/me/factors/totp",
    operation_id = "remove_totp",
    tag = "My account",
    responses(
        (status = 204, description = "There is no authenticator app"),
        (status = 403, description = "This needs a recent sign-in"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn remove_totp(State(state): State<AppState>, Member(ctx): Member) -> Answer<NoContent> {
    state.accounts.remove_totp(&ctx, FactorForm {}).await?;
    Ok(NoContent)
}

/// Make new recovery codes
///
/// The old ones stop working. The new ones are not shown again. Needs a recent sign-in, and a second factor.
#[utoipa::path(
    post,
    path = "/users/me/factors/recovery-codes",
    operation_id = "make_recovery_codes",
    tag = "My account",
    responses(
        (status = 201, description = "The new codes", body = RecoveryCodes),
        (status = 403, description = "This needs a recent sign-in"),
        (status = 404, description = "You have no second factor"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn make_recovery_codes(
    State(state): State<AppState>,
    Member(ctx): Member,
) -> Answer<(StatusCode, Json<RecoveryCodes>)> {
    Ok((StatusCode::CREATED, Json(state.accounts.new_recovery_codes(&ctx).await?)))
}
