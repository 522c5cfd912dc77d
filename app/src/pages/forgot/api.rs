//! The server function of this page.

use crate::AppError;
use domain::AddressForm;
use leptos::prelude::*;

/// Has a reset mailed to an address, if there is an account with it. The answer is the same for every address.
#[server(prefix = "/fn", endpoint = "password/forgot")]
pub async fn forgot_password(form: AddressForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.forgot_password(&ctx, form).await?)
}
