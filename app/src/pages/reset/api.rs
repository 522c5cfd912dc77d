//! The server function of this page.

use crate::AppError;
use domain::ResetForm;
use leptos::prelude::*;

/// Replaces the password of the account that the mail went to, and leads to the sign-in page. Every session ends.
#[server(prefix = "/fn", endpoint = "password/reset")]
pub async fn reset_password(form: ResetForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    accounts.reset_password(&ctx, form).await?;
    crate::ssr::redirect("/login");
    Ok(())
}
