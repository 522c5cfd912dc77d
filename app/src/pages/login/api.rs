//! The server function of this page.

use crate::AppError;
use domain::{SignInForm, Viewer};
use leptos::prelude::*;

/// Signs in, and leads to `form.next` or the account; where the account has a second factor, to the page that asks for it.
#[server(prefix = "/fn", endpoint = "login")]
pub async fn login(form: SignInForm) -> Result<Option<Viewer>, AppError> {
    use crate::ssr::{context, second_factor::sign_in_or_ask};
    let (accounts, ctx) = context()?;
    let next = form.next.clone();
    sign_in_or_ask(accounts.sign_in(&ctx, form).await, &next)
}
