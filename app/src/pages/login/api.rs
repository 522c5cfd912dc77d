//! The server function of this page.

use crate::AppError;
use domain::{PasskeySignInForm, SignInForm, Viewer};
use leptos::prelude::*;

/// Signs in, and leads to `form.next` or the account; where the account has a second factor, to the page that asks for it.
#[server(prefix = "/fn", endpoint = "login")]
pub async fn login(form: SignInForm) -> Result<Option<Viewer>, AppError> {
    use crate::ssr::{context, second_factor::sign_in_or_ask};
    let (accounts, ctx) = context()?;
    let next = form.next.clone();
    sign_in_or_ask(accounts.sign_in(&ctx, form).await, &next)
}

/// Signs in with a passkey and nothing else, and leads to `form.next` or the account.
#[server(prefix = "/fn", endpoint = "login/passkey")]
pub async fn login_by_passkey(form: PasskeySignInForm) -> Result<(), AppError> {
    crate::ssr::passkey::sign_in_by_passkey(form).await
}
