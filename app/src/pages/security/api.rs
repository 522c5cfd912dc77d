//! The server functions of this page.

use crate::AppError;
use crate::json::Json;
use domain::{EmailForm, EmailView, PasswordForm};
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
