//! The server function of this page.

use crate::AppError;
use domain::{RegistrationForm, Viewer};
use leptos::prelude::*;

/// Signs up and in, and leads to `form.next` or the account. Nobody is signed in where a mail says how to go on, which is
/// the second half of the answer, nor where a second step is to come, to which it leads.
#[server(prefix = "/fn", endpoint = "register")]
pub async fn register(form: RegistrationForm) -> Result<(Option<Viewer>, bool), AppError> {
    use crate::ssr::{await_proof, context, second_factor::sign_in_or_ask};
    use accounts::SignUp;
    let (accounts, ctx) = context()?;
    let next = form.next.clone();
    match accounts.begin_sign_up(&ctx, form).await {
        Ok(SignUp::Done(signed_in)) => sign_in_or_ask(Ok(signed_in), &next).map(|viewer| (viewer, false)),
        Ok(SignUp::MailSent { browser }) => await_proof(&browser).map(|()| (None, true)),
        Err(error) => sign_in_or_ask(Err(error), &next).map(|viewer| (viewer, false)),
    }
}
