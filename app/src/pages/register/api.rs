//! The server function of this page.

use crate::AppError;
use domain::{RegistrationForm, Viewer};
use leptos::prelude::*;

/// Signs up and in, and leads to `form.next` or the account.
#[server(prefix = "/fn", endpoint = "register")]
pub async fn register(form: RegistrationForm) -> Result<Viewer, AppError> {
    use crate::ssr::{context, sign_in};
    let (accounts, ctx) = context()?;
    let next = form.next.clone();
    let signed_in = accounts.sign_up(&ctx, form).await?;
    sign_in(signed_in, &next)
}
