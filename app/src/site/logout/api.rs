//! The server function behind the header's button.

use crate::AppError;
use leptos::prelude::*;

/// Ends this browser's session, and leads to the front page.
#[server(prefix = "/fn", endpoint = "logout")]
pub async fn logout() -> Result<(), AppError> {
    use crate::ssr::{clear_session, fail, here, redirect};
    let (accounts, ctx) = here()?;
    accounts.sign_out(&ctx).await.map_err(fail)?;
    clear_session()?;
    redirect("/");
    Ok(())
}
