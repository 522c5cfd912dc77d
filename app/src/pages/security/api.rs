//! The server functions of this page.

use crate::AppError;
use crate::json::Json;
use domain::{DeviceForm, EmailForm, EmailView, PasswordForm, SessionForm};
use leptos::prelude::*;
use leptos::server_fn::codec::Post;

/// Changes the password; answers the new one's version. Every session ends; this browser gets a new one.
#[server(prefix = "/fn", endpoint = "password/change")]
pub async fn change_password(form: PasswordForm) -> Result<String, AppError> {
    use crate::ssr::{context, set_session};
    let (accounts, ctx) = context()?;
    let changed = accounts.change_password(&ctx, form).await?;
    changed.token.as_ref().map_or(Ok(()), set_session)?;
    Ok(changed.version)
}

/// The caller's address.
#[server(prefix = "/fn", endpoint = "email/load", output = Post<Json>)]
pub async fn load_email() -> Result<EmailView, AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.email(&ctx).await?)
}

/// Changes the address, or has the new one asked for its proof.
#[server(prefix = "/fn", endpoint = "email/change")]
pub async fn change_email(form: EmailForm) -> Result<EmailView, AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.change_email(&ctx, form).await?)
}

/// Gives up the address that waits for its proof.
#[server(prefix = "/fn", endpoint = "email/cancel")]
pub async fn cancel_email_change() -> Result<EmailView, AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.cancel_email_change(&ctx).await?)
}

/// How two-step sign-in stands, where the caller is signed in, and the devices that have signed in before, as markup.
#[server(prefix = "/fn", endpoint = "sessions/load", output = Post<Json>)]
pub async fn load_sessions() -> Result<String, AppError> {
    use crate::ssr::{context, rows};
    let (accounts, ctx) = context()?;
    let (sessions, known) = (accounts.sessions(&ctx).await?, accounts.known_devices(&ctx).await?);
    rows::devices(sessions, known, &accounts.factors(&ctx).await?, &ctx)
}

/// Ends one of the caller's sessions.
#[server(prefix = "/fn", endpoint = "sessions/end")]
pub async fn end_session(form: SessionForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.end_my_session_if_alive(&ctx, form.session).await?)
}

/// Ends all of the caller's sessions but this one.
#[server(prefix = "/fn", endpoint = "sessions/end-others")]
pub async fn end_other_sessions() -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.end_my_other_sessions(&ctx).await.map(drop)?)
}

/// Forgets one of the caller's known devices.
#[server(prefix = "/fn", endpoint = "devices/forget")]
pub async fn forget_device(form: DeviceForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.forget_known_device(&ctx, form.device).await?)
}
