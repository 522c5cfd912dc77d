//! `accounts::Error` to [`Problem`], and a [`Problem`] as an answer: one mapping for pages and API.

use accounts::{Error as Refused, Field, PendingSignIn};
use axum::Json;
use axum::response::{IntoResponse, Response};
use domain::{Code, Detail, FieldError, Problem, ProblemDocument, Reason, SecondFactorNeeded};
use http::header::{CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderValue, StatusCode};
use std::error::Error;
use time::Duration;

/// What a stranger may know of an error. This logs the source chain once; it goes no further.
#[must_use]
pub fn problem(error: Refused) -> Problem {
    log(&error);
    match error {
        Refused::Invalid(errors) => Problem::new(Code::Invalid).with_errors(errors),
        Refused::WrongCredentials => Code::WrongCredentials.into(),
        Refused::AccountClosing { left } => closing(left),
        Refused::AccountDisabled { reason } => disabled(&reason),
        Refused::SignInNeeded => Code::SignInNeeded.into(),
        Refused::InvalidToken => Code::InvalidToken.into(),
        Refused::Forbidden => Code::Forbidden.into(),
        Refused::EmailUnverified => Code::EmailUnverified.into(),
        Refused::FactorRequired => Code::FactorRequired.into(),
        Refused::Reauthenticate => Code::Reauthenticate.into(),
        Refused::NotFound => Code::NotFound.into(),
        Refused::LastAdmin => Code::LastAdmin.into(),
        Refused::OwnAccount => Code::OwnAccount.into(),
        Refused::ChangedMeanwhile => Code::ChangedMeanwhile.into(),
        Refused::PreconditionFailed => Code::PreconditionFailed.into(),
        Refused::Taken(field) => Problem::new(Code::Taken).with_errors(vec![taken(field)]),
        Refused::SignupClosed => Code::SignupClosed.into(),
        Refused::TooManyTries { wait } => wait_for(wait),
        Refused::Overloaded => Code::Overloaded.into(),
        Refused::Unavailable(_) | Refused::NotMigrated | Refused::ClockSkew => Code::Unavailable.into(),
        Refused::Unconfirmed(_) => Code::OutcomeUnknown.into(),
        Refused::LinkInvalid => Code::LinkInvalid.into(),
        Refused::WrongCode => Code::WrongCode.into(),
        Refused::SecondFactorNeeded(_) => Code::SecondFactorNeeded.into(),
        Refused::FactorRefused => {
            let refused = FieldError::new("code", Reason::FactorCodeWrong);
            Problem::new(Code::FactorRefused).with_errors(vec![refused])
        }
        Refused::ChallengeInvalid => Code::ChallengeInvalid.into(),
        Refused::PasskeyRefused => Code::PasskeyRefused.into(),
        Refused::LastWayIn => Code::LastWayIn.into(),
        Refused::PasskeysOff => Code::PasskeysOff.into(),
        Refused::FactorsOff => Code::FactorsOff.into(),
        Refused::MailOff => Code::MailOff.into(),
        Refused::Internal(_) => Code::Internal.into(),
    }
}

/// The same words for every name, existing or not (P1).
fn wait_for(wait: Duration) -> Problem {
    Problem::wait(u32::try_from(seconds(wait)).unwrap_or(1))
}

fn closing(left: Duration) -> Problem {
    let days = u64::try_from(seconds(left)).unwrap_or_default().div_ceil(86_400);
    Problem::new(Code::AccountClosing).with_detail(Detail::ClosesIn { days })
}

/// An admin's words are isolated (U+2068, U+2069), so that their direction affects nothing around them.
fn disabled(reason: &str) -> Problem {
    let reason = format!("\u{2068}{reason}\u{2069}");
    Problem::new(Code::AccountDisabled).with_detail(Detail::Disabled { reason })
}

/// Whole seconds, rounded up.
pub(crate) fn seconds(wait: Duration) -> i64 {
    wait.whole_seconds() + i64::from(wait.subsec_nanoseconds() > 0)
}

fn taken(field: Field) -> FieldError<Reason> {
    let reason = match field {
        Field::Email => Reason::EmailTaken,
        Field::Username => Reason::UsernameTaken,
    };
    FieldError::new(field.name(), reason)
}

/// A refusal is the caller's mistake: the request log shows its status. A fault of ours and an outage are logged as
/// errors with their whole chain. That migrations are pending the server has said at its start, before a probe asks.
fn log(error: &Refused) {
    use Refused::{ClockSkew, Internal, Unavailable, Unconfirmed};
    let ours = matches!(error, Unavailable(_) | Unconfirmed(_) | ClockSkew | Internal(_));
    if !ours {
        tracing::debug!(%error, "refused");
        return;
    }
    tracing::error!(error = chain(error), "request failed");
}

/// The error and everything it came from, for a log or an operator's terminal.
#[must_use]
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

/// The problem as an answer.
#[must_use]
pub fn refusal(problem: impl Into<Problem>) -> Response {
    answer(words::document(&problem.into()))
}

/// The answer to a program whose sign-in waits for its second factor: the problem, and the challenge to complete it.
#[must_use]
pub fn second_factor_needed(pending: &PendingSignIn) -> Response {
    let problem = words::code_document(Code::SecondFactorNeeded);
    let needed = SecondFactorNeeded {
        problem: problem.clone(),
        challenge: pending.challenge.reveal(),
        methods: pending.methods.clone(),
        expires_in: u32::try_from(seconds(pending.expires_in)).unwrap_or_default(),
    };
    let mut response = answer(problem);
    *response.body_mut() = Json(needed).into_response().into_body();
    response
}

/// The document as an answer. It rides along in the extensions, so that a layer further out can show
/// it as a page to a browser.
#[must_use]
pub fn answer(problem: ProblemDocument) -> Response {
    let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = (status, Json(&problem)).into_response();
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
    if let Some(seconds) = problem.retry_after {
        headers.insert(RETRY_AFTER, seconds.into());
    }
    if status == StatusCode::UNAUTHORIZED {
        // RFC 6750 section 3.1: what a client reads before it asks for a new token.
        let challenge =
            if problem.code == Code::InvalidToken { "Bearer error=\"invalid_token\"" } else { "Bearer" };
        headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static(challenge));
    }
    response.extensions_mut().insert(problem);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_source_text_leaves() {
        let secret = "password authentication failed for user \"doorstep\"";
        let document = words::document(&problem(Refused::Internal(secret.into())));
        let text = serde_json::to_string(&document).unwrap();
        assert!(!text.contains("doorstep") && !text.contains("authentication"), "{text}");
    }

    #[test]
    fn says_how_to_go_on() {
        let response = refusal(Code::WrongCredentials);
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer");
        assert_eq!(response.headers()[CONTENT_TYPE], "application/problem+json");
        let response = refusal(problem(Refused::InvalidToken));
        assert_eq!(response.headers()[WWW_AUTHENTICATE], "Bearer error=\"invalid_token\"");
        let response = refusal(Code::Unavailable);
        assert_eq!(response.headers()[RETRY_AFTER], "5");
        assert_eq!(response.extensions().get::<ProblemDocument>().unwrap().code, Code::Unavailable);
    }
}
