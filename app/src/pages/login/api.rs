//! The server function of this page.

use crate::AppError;
use domain::{SignInForm, Viewer};
use leptos::prelude::*;

/// Signs in, and leads to `form.next` or the account.
#[server(prefix = "/fn", endpoint = "login")]
pub async fn login(form: SignInForm) -> Result<Viewer, AppError> {
    use crate::ssr::{context, sign_in};
    let (accounts, ctx) = context()?;
    let next = form.next.clone();
    let signed_in = accounts.sign_in(&ctx, form).await?;
    sign_in(signed_in, &next)
}
