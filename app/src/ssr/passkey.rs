//! Passkeys: what a browser is to be asked, and signing in with nothing else. A cookie ties the two together.

use super::{Challenge, context, request, response, sign_in};
use crate::AppError;
use accounts::{Error, RawToken};
use domain::{PasskeyOptionsForm, PasskeyPurpose, PasskeySignInForm};
use serde_json::Value;

/// What the cookie of a browser holds that is asked for a passkey by somebody who has not said who they are.
#[derive(Clone)]
pub struct PasskeyBrowser(pub String);

/// What the browser is to be asked.
///
/// # Errors
/// Why it is to be asked nothing.
pub async fn options(form: &PasskeyOptionsForm) -> Result<Value, AppError> {
    let (accounts, ctx) = context()?;
    match form.parse().map_err(Error::from)? {
        PasskeyPurpose::SignIn => sign_in_options(),
        PasskeyPurpose::Factor => {
            let Some(Challenge(challenge)) = request()?.challenge else {
                return Err(Error::ChallengeInvalid.into());
            };
            Ok(accounts.passkey_factor_options(&ctx, &challenge).await?)
        }
        PasskeyPurpose::Confirm => Ok(accounts.passkey_confirm_options(&ctx).await?),
        PasskeyPurpose::Add => Ok(accounts.passkey_add_options(&ctx).await?),
    }
}

/// Two tabs of a browser share one cookie: what either of them was given can be answered.
fn sign_in_options() -> Result<Value, AppError> {
    let (accounts, ctx) = context()?;
    let request = request()?;
    let sent = request.passkey_browser.and_then(|PasskeyBrowser(browser)| RawToken::parse(&browser));
    let browser = sent.unwrap_or_else(|| accounts.new_passkey_browser());
    let options = accounts.passkey_sign_in_options(&ctx, &browser)?;
    let (name, value) = request.cookies.set_passkey(&browser);
    response()?.append_header(name, value);
    Ok(options)
}

/// Signs this browser in, and leads to `form.next` or the account.
///
/// # Errors
/// Why the passkey was refused.
pub async fn sign_in_by_passkey(form: PasskeySignInForm) -> Result<(), AppError> {
    let (accounts, ctx) = context()?;
    let request = request()?;
    let next = form.next.clone();
    let browser = request.passkey_browser.map(|PasskeyBrowser(browser)| browser).unwrap_or_default();
    let signed_in = accounts.sign_in_by_passkey(&ctx, &browser, form).await?;
    let (name, value) = request.cookies.clear_passkey();
    response()?.append_header(name, value);
    sign_in(signed_in, &next).map(drop)
}
