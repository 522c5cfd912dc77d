//! Getting back in, and proving an address: what is asked for by mail, and what the mail's link or code is good for.

use crate::rest::answer::{Accepted, Answer, NoContent};
use crate::rest::caller::{Anyone, MaybeMember};
use crate::rest::input::Credentials;
use crate::rest::sample;
use crate::state::AppState;
use axum::extract::State;
use domain::{AddressForm, ResetForm, VerifyForm};

/// Ask for a new password
///
/// Sends a link and a code by email if there is such an account. The answer is the same if there is none.
#[utoipa::path(
    post,
    path = "/auth/password/forgot",
    operation_id = "forgot_password",
    tag = "Signing in",
    params((
        "X-Device-Token" = Option<String>, Header, format = Password,
        description = "The device token of an earlier sign-in. Emails asked for with it have a limit of their own",
    )),
    request_body(content(
        (AddressForm = "application/json", example = json!({ "email": "ana@example.com" })),
        (AddressForm = "application/x-www-form-urlencoded", example = json!({ "email": "ana@example.com" })),
    )),
    responses(
        (status = 202, description = "If there is such an account, it gets an email"),
    ),
)]
pub(crate) async fn forgot(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Credentials(form): Credentials<AddressForm>,
) -> Answer<Accepted> {
    state.accounts.forgot_password(&ctx, form).await?;
    Ok(Accepted)
}

/// Choose a new password
///
/// Takes the `token` of the email's link (the part after `#`), or the `email` and the email's `code`. Ends every
/// session of the account and does not sign in.
#[utoipa::path(
    post,
    path = "/auth/password/reset",
    operation_id = "reset_password",
    tag = "Signing in",
    request_body(content(
        (ResetForm = "application/json", example = json!({ "token": sample::LINK_TOKEN, "new_password": sample::NEW_PASSWORD })),
        (
            ResetForm = "application/x-www-form-urlencoded",
            example = json!({ "email": "ana@example.com", "code": sample::CODE, "new_password": sample::NEW_PASSWORD }),
        ),
    )),
    responses(
        (status = 204, description = "The new password is set"),
        (status = 400, description = "The link or code is mistyped, used or expired"),
    ),
)]
pub(crate) async fn reset(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Credentials(form): Credentials<ResetForm>,
) -> Answer<NoContent> {
    state.accounts.reset_password(&ctx, form).await?;
    Ok(NoContent)
}

/// Confirm an email address
///
/// Takes the `token` of the email's link (the part after `#`), or the `email` and the email's `code`. Send the
/// account's access token, or its `password`: an email alone does not prove whose account it is.
#[utoipa::path(
    post,
    path = "/auth/email/verify",
    operation_id = "verify_email",
    tag = "Signing in",
    request_body(content(
        (VerifyForm = "application/json", example = json!({ "token": sample::LINK_TOKEN, "password": sample::PASSWORD })),
        (
            VerifyForm = "application/x-www-form-urlencoded",
            example = json!({ "email": "ana@example.com", "code": sample::CODE, "password": sample::PASSWORD }),
        ),
    )),
    security((), ("bearer" = [])),
    responses(
        (status = 204, description = "The address is confirmed"),
        (status = 400, description = "The link or code is mistyped, used or expired"),
        (status = 401, description = "The password is incorrect, or the access token is invalid or expired"),
        (status = 403, description = "Send the account's access token or its password; or nobody signs up here any more"),
    ),
)]
pub(crate) async fn verify(
    State(state): State<AppState>,
    MaybeMember(ctx): MaybeMember,
    Credentials(form): Credentials<VerifyForm>,
) -> Answer<NoContent> {
    state.accounts.verify_email(&ctx, form).await?;
    Ok(NoContent)
}

/// Ask for the confirmation again
///
/// Sends the link and the code again if an account or a sign-up waits for it. The answer is the same if not.
#[utoipa::path(
    post,
    path = "/auth/email/resend",
    operation_id = "resend_verification",
    tag = "Signing in",
    params((
        "X-Device-Token" = Option<String>, Header, format = Password,
        description = "The device token of an earlier sign-in. Emails asked for with it have a limit of their own",
    )),
    request_body(content(
        (AddressForm = "application/json", example = json!({ "email": "ana@example.com" })),
        (AddressForm = "application/x-www-form-urlencoded", example = json!({ "email": "ana@example.com" })),
    )),
    responses(
        (status = 202, description = "If there is such an address to confirm, it gets an email"),
    ),
)]
pub(crate) async fn resend(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Credentials(form): Credentials<AddressForm>,
) -> Answer<Accepted> {
    state.accounts.resend_verification(&ctx, form).await?;
    Ok(Accepted)
}
