//! The server functions around proving an address.

use crate::AppError;
use domain::{AddressForm, VerifyForm, Viewer};
use leptos::prelude::*;

/// Notes that the address of a mail is proven, and leads to the account, or to the sign-in page. A sign-up ends here, and
/// signs in.
#[server(prefix = "/fn", endpoint = "verify")]
pub async fn verify_email(form: VerifyForm) -> Result<Option<Viewer>, AppError> {
    use crate::ssr::{context, redirect, refusal, sign_in};
    use accounts::Proven;
    use domain::Code;
    let (accounts, ctx) = context()?;
    let own = [(Code::Reauthenticate, words::verify::whose()), (Code::Taken, words::verify::taken())];
    match accounts.prove_address(&ctx, form).await.map_err(|error| refusal(error, &own))? {
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
