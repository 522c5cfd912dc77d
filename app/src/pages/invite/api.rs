//! The server function of this page.

use crate::AppError;
use domain::{InvitationForm, Viewer};
use leptos::prelude::*;

/// Makes the account of somebody who was invited, signs in, and leads to it.
#[server(prefix = "/fn", endpoint = "invite")]
pub async fn accept_invitation(form: InvitationForm) -> Result<Viewer, AppError> {
    use domain::{Code, ProblemDocument};
    let (accounts, ctx) = crate::ssr::context()?;
    let refused = |AppError(problem)| match problem.code {
        // The address is not among the fields of a form that came with a link.
        Code::Taken => AppError(ProblemDocument {
            detail: words::verify::taken().to_owned(),
            errors: Vec::new(),
            ..problem
        }),
        Code::LinkInvalid => {
            AppError(ProblemDocument { detail: words::invite::ended().to_owned(), ..problem })
        }
        _ => AppError(problem),
    };
    let signed_in = accounts.accept_invitation(&ctx, form).await.map_err(|error| refused(error.into()))?;
    crate::ssr::sign_in(signed_in, "")
}
