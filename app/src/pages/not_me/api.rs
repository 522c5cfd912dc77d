//! The server function of this page.

use crate::AppError;
use domain::NotMeForm;
use leptos::prelude::*;

/// Takes the account back. Answers the token with which a new password is chosen, now.
#[server(prefix = "/fn", endpoint = "not-me")]
pub async fn disown(form: NotMeForm) -> Result<String, AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.disown(&ctx, form).await?)
}
