//! The server function of this page.

use crate::AppError;
use domain::ConfirmForm;
use leptos::prelude::*;

/// Checks the password, and leads to `form.next` or the account.
#[server(prefix = "/fn", endpoint = "confirm")]
pub async fn confirm(form: ConfirmForm) -> Result<(), AppError> {
    use crate::ssr::{context, redirect, set_session};
    let (accounts, ctx) = context()?;
    let next = form.next.clone();
    accounts.confirm(&ctx, form).await?.as_ref().map_or(Ok(()), set_session)?;
    redirect(domain::safe_next(&next).unwrap_or("/account"));
    Ok(())
}
