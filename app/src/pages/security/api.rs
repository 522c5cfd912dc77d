//! The server function of this page.

use crate::AppError;
use domain::PasswordForm;
use leptos::prelude::*;

/// Changes the password; answers the new one's version. Every session ends; this browser gets a new one.
#[server(prefix = "/fn", endpoint = "password/change")]
pub async fn change_password(form: PasswordForm) -> Result<String, AppError> {
    use crate::ssr::{fail, here, set_session};
    let (accounts, ctx) = here()?;
    let changed = accounts.change_password(&ctx, form).await.map_err(fail)?;
    changed.token.as_ref().map_or(Ok(()), set_session)?;
    Ok(changed.version)
}
