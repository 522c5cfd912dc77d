//! The server functions of this page.

use crate::AppError;
use domain::{PasskeyAddForm, PasskeyRemoveForm, PasskeyRenameForm, RecoveryCodes, TotpConfirmForm};
use leptos::prelude::*;

/// Begins to enrol an authenticator app; the page shows its key.
#[server(prefix = "/fn", endpoint = "factors/totp/begin")]
pub async fn begin_totp() -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.begin_totp(&ctx).await.map(drop)?)
}

/// Turns two-step sign-in on with the code that the app shows; answers recovery codes where the account had none.
#[server(prefix = "/fn", endpoint = "factors/totp/confirm")]
pub async fn confirm_totp(form: TotpConfirmForm) -> Result<Option<RecoveryCodes>, AppError> {
    use crate::ssr::{context, refusal, set_session};
    use domain::Code;
    let (accounts, ctx) = context()?;
    let own = [(Code::ChangedMeanwhile, words::factors::key_replaced())];
    let confirmed = accounts.confirm_totp(&ctx, form).await.map_err(|error| refusal(error, &own))?;
    confirmed.token.as_ref().map_or(Ok(()), set_session)?;
    Ok(confirmed.recovery_codes)
}

/// Turns it off.
#[server(prefix = "/fn", endpoint = "factors/totp/remove")]
pub async fn remove_totp() -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.remove_totp(&ctx, domain::FactorForm {}).await?)
}

/// Makes new recovery codes, and answers them.
#[server(prefix = "/fn", endpoint = "factors/recovery-codes")]
pub async fn new_recovery_codes() -> Result<Option<RecoveryCodes>, AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.new_recovery_codes(&ctx).await.map(Some)?)
}

/// Adds the passkey that the browser has made; answers recovery codes where the account had no second factor.
#[server(prefix = "/fn", endpoint = "factors/passkeys/add")]
pub async fn add_passkey(form: PasskeyAddForm) -> Result<Option<RecoveryCodes>, AppError> {
    use crate::ssr::{context, set_session};
    let (accounts, ctx) = context()?;
    let added = accounts.add_passkey(&ctx, form).await?;
    added.token.as_ref().map_or(Ok(()), set_session)?;
    Ok(added.recovery_codes)
}

/// Gives a passkey another name.
#[server(prefix = "/fn", endpoint = "factors/passkeys/rename")]
pub async fn rename_passkey(form: PasskeyRenameForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.rename_passkey(&ctx, form).await?)
}

/// Removes a passkey.
#[server(prefix = "/fn", endpoint = "factors/passkeys/remove")]
pub async fn remove_passkey(form: PasskeyRemoveForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.remove_passkey(&ctx, form).await?)
}
