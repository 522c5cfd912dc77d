//! The server function of this page.

use crate::AppError;
use domain::{InvitationForm, Viewer};
use leptos::prelude::*;

/// Makes the account of somebody who was invited, signs in, and leads to it.
#[server(prefix = "/fn", endpoint = "invite")]
pub async fn accept_invitation(form: InvitationForm) -> Result<Viewer, AppError> {
    use crate::ssr::{context, refusal, sign_in};
    use domain::Code;
    let (accounts, ctx) = context()?;
    let own = [(Code::Taken, words::verify::taken()), (Code::LinkInvalid, words::invite::ended())];
    let signed_in = accounts.accept_invitation(&ctx, form).await.map_err(|error| refusal(error, &own))?;
    sign_in(signed_in, "")
}
