//! The server functions around proving an address.

use crate::AppError;
use domain::{AddressForm, VerifyForm, Viewer};
use leptos::prelude::*;

/// Notes that the address of a mail is proven, and leads to the account, or to the sign-in page. A sign-up ends here, and
/// signs in.
#[server(prefix = "/fn", endpoint = "verify")]
pub async fn verify_email(form: VerifyForm) -> Result<Option<Viewer>, AppError> {
    use crate::ssr::{context, redirect, sign_in};
    use accounts::Proven;
    use domain::{Code, ProblemDocument};
    let (accounts, ctx) = context()?;
    let refused = |AppError(problem)| match problem.code {
        Code::Reauthenticate => {
            AppError(ProblemDocument { detail: words::verify::whose().to_owned(), ..problem })
        }
        // The address is not among the fields of a form that came with a link.
        Code::Taken => AppError(ProblemDocument {
            detail: words::verify::taken().to_owned(),
            errors: Vec::new(),
            ..problem
        }),
        _ => AppError(problem),
    };
    match accounts.prove_address(&ctx, form).await.map_err(|error| refused(error.into()))? {
        Proven::Address(viewer) => {
            redirect(if viewer.is_some() { "/account" } else { "/login" });
            Ok(viewer)
        }
        Proven::SignedUp { signed_in, username_taken } => {
            sign_in(signed_in, if username_taken { "/account?username=taken" } else { "" }).map(Some)
        }
    }
}

/// Has the link and the code mailed again.
#[server(prefix = "/fn", endpoint = "verify/resend")]
pub async fn resend_verification(form: AddressForm) -> Result<(), AppError> {
    let (accounts, ctx) = crate::ssr::context()?;
    Ok(accounts.resend_verification(&ctx, form).await?)
}
