//! The server function of this page.

use crate::AppError;
use domain::{RegistrationForm, Viewer};
use leptos::prelude::*;

/// Signs up and in, and leads to `form.next` or the account.
#[server(prefix = "/fn", endpoint = "register")]
pub async fn register(form: RegistrationForm) -> Result<Viewer, AppError> {
    use crate::ssr::{enter, fail, here};
    let (accounts, ctx) = here()?;
    let next = form.next.clone();
    let signed_in = accounts.sign_up(&ctx, form).await.map_err(fail)?;
    enter(signed_in, &next)
}
