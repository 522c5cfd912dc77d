//! The server function of this page.

use crate::AppError;
use domain::NotMeForm;
use leptos::prelude::*;

/// Takes the account back. Answers the token with which a new password is chosen, now.
#[server(prefix = "/fn", endpoint = "not-me")]
pub async fn disown(form: NotMeForm) -> Result<String, AppError> {
    use crate::ssr::{context, refusal, settings};
    use domain::Code;
    let (accounts, ctx) = context()?;
    let ended = match settings()?.support_url {
        // A new password is of no use to whoever does not know the account's new address.
        Some(_) => words::not_me::ended_help(),
        None => words::not_me::ended(),
    };
    // Nobody can ask for such a link.
    accounts.disown(&ctx, form).await.map_err(|error| refusal(error, &[(Code::LinkInvalid, ended)]))
}
