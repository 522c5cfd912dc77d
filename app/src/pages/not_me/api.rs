//! The server function of this page.

use crate::AppError;
use domain::NotMeForm;
use leptos::prelude::*;

/// Takes the account back. Answers the token with which a new password is chosen, now.
#[server(prefix = "/fn", endpoint = "not-me")]
pub async fn disown(form: NotMeForm) -> Result<String, AppError> {
    use domain::{Code, ProblemDocument};
    let (accounts, ctx) = crate::ssr::context()?;
    let ended = match crate::ssr::settings()?.support_url {
        // A new password is of no use to whoever does not know the account's new address.
        Some(_) => words::not_me::ended_help(),
        None => words::not_me::ended(),
    };
    let refused = |AppError(problem)| match problem.code {
        // Nobody can ask for such a link.
        Code::LinkInvalid => AppError(ProblemDocument { detail: ended.to_owned(), ..problem }),
        _ => AppError(problem),
    };
    accounts.disown(&ctx, form).await.map_err(|error| refused(error.into()))
}
