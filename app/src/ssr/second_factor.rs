//! A sign-in that waits for its second factor: a cookie names it until it is complete.

use super::{Challenge, context, redirect, refusal, request, response, sign_in};
use crate::AppError;
use crate::forms::SECOND_STEP;
use accounts::{Error, SignedIn};
use domain::{Code, FactorSignInForm, Viewer};

/// Signs this browser in, or leads it to the page that asks for the second factor.
///
/// # Errors
/// Why the sign-in was refused.
pub fn sign_in_or_ask(outcome: Result<SignedIn, Error>, next: &str) -> Result<Option<Viewer>, AppError> {
    match outcome {
        Err(Error::SecondFactorNeeded(pending)) => {
            let (name, value) = request()?.cookies.set_challenge(&pending.challenge);
            response()?.append_header(name, value);
            redirect(SECOND_STEP);
            Ok(None)
        }
        outcome => sign_in(outcome?, next).map(Some),
    }
}

/// Completes the sign-in that the request's cookie names, and leads to where it was to lead.
///
/// # Errors
/// Why the code was refused.
pub async fn complete(form: FactorSignInForm) -> Result<(), AppError> {
    let (accounts, ctx) = context()?;
    let outcome = match request()?.challenge {
        Some(Challenge(challenge)) => {
            // Where it leads is known as long as it waits.
            let pending = accounts.pending_sign_in(&ctx, &challenge).await?;
            let next = pending.map(|pending| pending.next).unwrap_or_default();
            accounts.sign_in_by_factor(&ctx, &challenge, form).await.map(|signed_in| (signed_in, next))
        }
        None => Err(Error::ChallengeInvalid),
    };
    if matches!(outcome, Err(Error::ChallengeInvalid)) {
        forget()?;
    }
    let (signed_in, next) = outcome.map_err(replaced)?;
    sign_in(signed_in, &next).map(drop)
}

/// Ends the sign-in that the request's cookie names, and says where it was to lead.
///
/// # Errors
/// As [`complete`].
pub async fn end() -> Result<String, AppError> {
    let (accounts, ctx) = context()?;
    let Some(Challenge(challenge)) = request()?.challenge else { return Ok(String::new()) };
    let pending = accounts.pending_sign_in(&ctx, &challenge).await?;
    accounts.end_pending_sign_in(&ctx, &challenge).await.map_err(replaced)?;
    forget()?;
    Ok(pending.map(|pending| pending.next).unwrap_or_default())
}

/// Takes the cookie away that names a sign-in which waits.
///
/// # Errors
/// [`domain::Code::Internal`] outside a request.
pub(super) fn forget() -> Result<(), AppError> {
    let (name, value) = request()?.cookies.clear_challenge();
    response()?.append_header(name, value);
    Ok(())
}

fn replaced(error: Error) -> AppError {
    refusal(error, &[(Code::ChangedMeanwhile, words::factor_sign_in::replaced())])
}
