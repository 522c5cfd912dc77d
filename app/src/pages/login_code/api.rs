//! The server functions of this page.

use crate::AppError;
use domain::{CodeRequestForm, CodeSignInForm, Viewer};
use leptos::prelude::*;

/// Has a code mailed to the account of a name, if there is one. The answer is the same for every name.
#[server(prefix = "/fn", endpoint = "login/code/ask")]
pub async fn ask_sign_in_code(form: CodeRequestForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.ask_sign_in_code(&ctx, form).await?)
}

/// Signs in, and leads to `form.next` or the account; where the account has a second factor, to the page that asks for it.
#[server(prefix = "/fn", endpoint = "login/code")]
pub async fn sign_in_by_code(form: CodeSignInForm) -> Result<Option<Viewer>, AppError> {
    use crate::ssr::{context, second_factor::sign_in_or_ask};
    let (accounts, ctx) = context()?;
    let next = form.next.clone();
    sign_in_or_ask(accounts.sign_in_by_code(&ctx, form).await, &next)
}
