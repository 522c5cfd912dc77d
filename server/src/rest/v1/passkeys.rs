//! Passkeys: signing in with one, and the caller's own.

use super::auth::{DeviceToken, device_header};
use crate::rest::answer::{Answer, NoContent};
use crate::rest::caller::{Anyone, DEVICE_TOKEN, Member};
use crate::rest::input::{Credentials, Headers, Id, Json as Body};
use crate::rest::sample;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::{
    Code, FactorChallenge, PasskeyAddForm, PasskeyAdded, PasskeyChange, PasskeyId, PasskeyLogin,
    PasskeyOptions, PasskeyRemoveForm, PasskeyRenameForm, PasskeySignInOptions, TokenPair,
};
use http::StatusCode;

/// Ask for a passkey
///
/// Give `options` to `navigator.credentials.get` (by `PublicKeyCredential.parseRequestOptionsFromJSON`), and send the
/// answer with `ceremony` to `POST /api/v1/auth/passkey` within 5 minutes.
#[utoipa::path(
    post,
    path = "/auth/passkey/options",
    operation_id = "ask_passkey",
    tag = "Signing in",
    responses(
        (status = 200, description = "What the browser is to be asked", body = PasskeySignInOptions),
        (status = 403, description = "Passkeys do not work at this server's address"),
    ),
)]
pub(crate) async fn ask(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
) -> Answer<Json<PasskeySignInOptions>> {
    let browser = state.accounts.new_passkey_browser();
    let options = state.accounts.passkey_sign_in_options(&ctx, &browser)?;
    Ok(Json(PasskeySignInOptions { options, ceremony: browser.reveal() }))
}

/// Sign in with a passkey
///
/// Starts a new session and returns its tokens. The passkey says whose it is, and counts as two factors. Each answer works
/// once.
#[utoipa::path(
    post,
    path = "/auth/passkey",
    operation_id = "login_by_passkey",
    tag = "Signing in",
    params((
        "X-Device-Token" = Option<String>, Header, format = Password,
        description = "The device token of an earlier sign-in, or `new` to get one",
    )),
    request_body(content(
        (PasskeyLogin = "application/json", example = json!({
            "ceremony": sample::CEREMONY, "passkey": sample::PASSKEY,
        })),
        (PasskeyLogin = "application/x-www-form-urlencoded", example = json!({
            "ceremony": sample::CEREMONY, "passkey": sample::PASSKEY,
        })),
    )),
    responses(
        (
            status = 200, description = "The session's tokens", body = TokenPair,
            headers(("X-Device-Token" = String, description = "Send it when you sign in again. Only if you asked for one")),
        ),
        (status = 401, description = "The passkey opens nothing here, or its answer was used or took too long"),
        (status = 403, description = "Passkeys do not work at this server's address"),
    ),
)]
pub(crate) async fn login(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Headers(headers): Headers,
    Credentials(request): Credentials<PasskeyLogin>,
) -> Answer<(Option<DeviceToken>, Json<TokenPair>)> {
    let known = headers.contains_key(DEVICE_TOKEN);
    let (ceremony, form) = request.split();
    let (pair, device) =
        state.accounts.sign_in_by_passkey_bearer(&ctx, ceremony.expose(), form, known).await?;
    Ok((device.as_ref().map(device_header), Json(pair)))
}

/// Ask for a passkey as second factor
///
/// Give `options` to `navigator.credentials.get`, and send the answer as `code` of the method `passkey` to
/// `POST /api/v1/auth/login/factor`.
#[utoipa::path(
    post,
    path = "/auth/login/factor/options",
    operation_id = "ask_factor_passkey",
    tag = "Signing in",
    request_body(content(
        (FactorChallenge = "application/json", example = json!({ "challenge": sample::CHALLENGE })),
        (FactorChallenge = "application/x-www-form-urlencoded", example = json!({ "challenge": sample::CHALLENGE })),
    )),
    responses(
        (status = 200, description = "What the browser is to be asked", body = PasskeyOptions),
        (status = 401, description = "No sign-in waits for this: sign in anew"),
        (status = 403, description = "Passkeys do not work at this server's address"),
        (status = 404, description = "The account has no passkey"),
    ),
)]
pub(crate) async fn ask_factor(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Credentials(request): Credentials<FactorChallenge>,
) -> Answer<Json<PasskeyOptions>> {
    let challenge = request.challenge.expose();
    let options = state.accounts.passkey_factor_options_bearer(&ctx, challenge).await?;
    Ok(Json(PasskeyOptions { options }))
}

/// Begin a passkey
///
/// Give `options` to `navigator.credentials.create` (by `PublicKeyCredential.parseCreationOptionsFromJSON`), on a page of this
/// server's address, and send the answer to `POST /api/v1/users/me/factors/passkeys` within 5 minutes. Needs a recent
/// sign-in.
#[utoipa::path(
    post,
    path = "/users/me/factors/passkeys/options",
    operation_id = "begin_passkey",
    tag = "My account",
    responses(
        (status = 200, description = "What the browser is to be asked", body = PasskeyOptions),
        (status = 403, description = "This needs a recent sign-in; with `code` `passkeys_off` passkeys do not work at this server's address"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn begin(
    State(state): State<AppState>,
    Member(ctx): Member,
) -> Answer<Json<PasskeyOptions>> {
    Ok(Json(PasskeyOptions { options: state.accounts.passkey_add_options(&ctx).await? }))
}

/// Add a passkey
///
/// From now on it signs in by itself, and your password alone no longer does. All other sessions end. You may have 20. Needs
/// a recent sign-in.
#[utoipa::path(
    post,
    path = "/users/me/factors/passkeys",
    operation_id = "add_passkey",
    tag = "My account",
    request_body(content = PasskeyAddForm, example = json!({ "name": "My phone", "passkey": sample::PASSKEY })),
    responses(
        (status = 201, description = "The passkey was added", body = PasskeyAdded),
        (status = 403, description = "This needs a recent sign-in"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn add(
    State(state): State<AppState>,
    Member(ctx): Member,
    Body(form): Body<PasskeyAddForm>,
) -> Answer<(StatusCode, Json<PasskeyAdded>)> {
    let added = state.accounts.add_passkey(&ctx, form).await?;
    let passkey = added.passkey.ok_or(Code::Internal)?;
    let recovery_codes = added.recovery_codes.map(|codes| codes.recovery_codes);
    Ok((StatusCode::CREATED, Json(PasskeyAdded { passkey, recovery_codes })))
}

/// Rename a passkey
///
/// Needs a recent sign-in.
#[utoipa::path(
    patch,
    path = "/users/me/factors/passkeys/{id}",
    operation_id = "rename_passkey",
    tag = "My account",
    params(("id" = PasskeyId, Path, description = "The passkey's ID")),
    request_body(content = PasskeyChange, example = json!({ "name": "My old phone" })),
    responses(
        (status = 204, description = "The passkey has this name"),
        (status = 403, description = "This needs a recent sign-in"),
        (status = 404, description = "You have no such passkey"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn rename(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
    Body(change): Body<PasskeyChange>,
) -> Answer<NoContent> {
    let form = PasskeyRenameForm { id: PasskeyId(id), name: change.name };
    state.accounts.rename_passkey(&ctx, form).await?;
    Ok(NoContent)
}

/// Remove a passkey
///
/// With your last second factor your recovery codes go. Needs a recent sign-in.
#[utoipa::path(
    delete,
    path = "/users/me/factors/passkeys/{id}",
    operation_id = "remove_passkey",
    tag = "My account",
    params(("id" = PasskeyId, Path, description = "The passkey's ID")),
    responses(
        (status = 204, description = "There is no such passkey"),
        (status = 403, description = "This needs a recent sign-in"),
        (status = 404, description = "That is no passkey's ID"),
        (status = 409, description = "Without it you could not sign in any more"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn remove(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
) -> Answer<NoContent> {
    state.accounts.remove_passkey(&ctx, PasskeyRemoveForm { id: PasskeyId(id) }).await?;
    Ok(NoContent)
}
