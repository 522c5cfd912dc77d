//! The server function behind the header's button.

use crate::AppError;
use leptos::prelude::*;

/// Ends this browser's session, and leads to the front page.
#[server(prefix = "/fn", endpoint = "logout")]
pub async fn logout() -> Result<(), AppError> {
    use crate::ssr::{clear_session, context, redirect};
    let (accounts, ctx) = context()?;
    accounts.sign_out(&ctx).await?;
    clear_session()?;
    redirect("/");
    Ok(())
}
