//! The server function of this page.

use crate::AppError;
use domain::FactorSignInForm;
use leptos::prelude::*;

/// Completes the sign-in that this browser's cookie names, and leads to where it began, or to the account.
#[server(prefix = "/fn", endpoint = "login/factor")]
pub async fn sign_in_by_factor(form: FactorSignInForm) -> Result<(), AppError> {
    crate::ssr::second_factor::complete(form).await
}

/// Ends the sign-in that waits in this browser, and leads to where another begins.
#[server(prefix = "/fn", endpoint = "login/factor/end")]
pub async fn start_again() -> Result<(), AppError> {
    use crate::site::ReturnPath;
    use leptos_router::location::Url;
    let path = ReturnPath { next: crate::ssr::second_factor::end().await? };
    crate::ssr::redirect(&path.link("/login", Url::escape));
    Ok(())
}
