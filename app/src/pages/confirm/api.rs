//! The server functions of this page.

use crate::AppError;
use domain::{ConfirmFactorForm, ConfirmForm};
use leptos::prelude::*;

/// Checks the password, and leads to `form.next` or the account.
#[server(prefix = "/fn", endpoint = "confirm")]
pub async fn confirm(form: ConfirmForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    let next = form.next.clone();
    crate::ssr::confirmed(accounts.confirm(&ctx, form).await?.as_ref(), &next)
}

/// Mails a code, and leads to the field for it.
#[server(prefix = "/fn", endpoint = "confirm/code/ask")]
pub async fn ask_confirmation_code(#[server(default)] form: ConfirmForm) -> Result<(), AppError> {
    use crate::site::ReturnPath;
    let (accounts, ctx) = crate::ssr::context()?;
    accounts.ask_confirmation_code(&ctx).await?;
    let path = ReturnPath { next: domain::safe_next(&form.next).unwrap_or_default().to_owned() };
    crate::ssr::redirect(&path.second_step("/confirm", leptos_router::location::Url::escape));
    Ok(())
}

/// Checks the code, and leads to `form.next` or the account.
#[server(prefix = "/fn", endpoint = "confirm/code")]
pub async fn confirm_by_code(form: ConfirmForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    let next = form.next.clone();
    crate::ssr::confirmed(accounts.confirm_by_code(&ctx, form).await?.as_ref(), &next)
}

/// Checks the code of a second factor, and leads to `form.next` or the account.
#[server(prefix = "/fn", endpoint = "confirm/factor")]
pub async fn confirm_by_factor(form: ConfirmFactorForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    let next = form.next.clone();
    crate::ssr::confirmed(accounts.confirm_by_factor(&ctx, form.into()).await?.as_ref(), &next)
}
