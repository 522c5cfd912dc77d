//! The server function of this page.

use crate::AppError;
use domain::PasswordForm;
use leptos::prelude::*;

/// Changes the password; answers the new one's version. Every session ends; this browser gets a new one.
#[server(prefix = "/fn", endpoint = "password/change")]
pub async fn change_password(form: PasswordForm) -> Result<String, AppError> {
    use crate::ssr::{context, set_session};
    let (accounts, ctx) = context()?;
    let changed = accounts.change_password(&ctx, form).await?;
    changed.token.as_ref().map_or(Ok(()), set_session)?;
    Ok(changed.version)
}
