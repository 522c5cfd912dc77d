//! The server functions around proving an address.

use crate::AppError;
use domain::{AddressForm, VerifyForm};
use leptos::prelude::*;

/// Notes that the address of a mail is proven, and leads to the account, or to the sign-in page.
#[server(prefix = "/fn", endpoint = "verify")]
pub async fn verify_email(form: VerifyForm) -> Result<(), AppError> {
    use domain::{Code, ProblemDocument};
    let (accounts, ctx) = crate::ssr::context()?;
    let refused = |AppError(problem)| match problem.code {
        Code::Reauthenticate => {
            AppError(ProblemDocument { detail: words::verify::whose().to_owned(), ..problem })
        }
        _ => AppError(problem),
    };
    accounts.verify_email(&ctx, form).await.map_err(|error| refused(error.into()))?;
    crate::ssr::redirect(if ctx.viewer().is_some() { "/account" } else { "/login" });
    Ok(())
}

/// Has the link and the code mailed again.
#[server(prefix = "/fn", endpoint = "verify/resend")]
pub async fn resend_verification(form: AddressForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.resend_verification(&ctx, form).await?)
}
