//! What is said of a problem.

use crate::{call, detail, reason, title, wait};
use domain::{Code, Detail, Problem, ProblemDocument, RefusedAct};

/// The problem as the answer that it is (RFC 9457).
#[must_use]
pub fn document(problem: &Problem) -> ProblemDocument {
    ProblemDocument {
        detail: detail_of(problem),
        errors: problem.errors.iter().map(reason::message).collect(),
        retry_after: problem.retry_after,
        ..code_document(problem.code)
    }
}

/// The same for a problem whose code says all.
#[must_use]
pub fn code_document(code: Code) -> ProblemDocument {
    ProblemDocument::new(code, title_of(code), detail_of_code(code))
}

/// A time to wait in words, rounded up.
#[must_use]
pub fn in_words(seconds: u32) -> String {
    match seconds {
        0..=90 => wait::seconds(seconds.into()),
        91..=5_400 => wait::minutes(seconds.div_ceil(60).into()),
        _ => wait::hours(seconds.div_ceil(3_600).into()),
    }
}

/// A few words that name the reason.
fn title_of(code: Code) -> &'static str {
    match code {
        Code::Invalid => title::invalid(),
        Code::Unreadable => title::unreadable(),
        Code::WrongCredentials => title::wrong_credentials(),
        Code::AccountClosing => title::account_closing(),
        Code::AccountDisabled => title::account_disabled(),
        Code::SignInNeeded => title::sign_in_needed(),
        Code::InvalidToken => title::invalid_token(),
        Code::Forbidden => title::forbidden(),
        Code::EmailUnverified => title::email_unverified(),
        Code::FactorRequired => title::factor_required(),
        Code::Reauthenticate => title::reauthenticate(),
        Code::CrossSite => title::cross_site(),
        Code::SignupClosed => title::signup_closed(),
        Code::NotFound => title::not_found(),
        Code::MethodNotAllowed => title::method_not_allowed(),
        Code::TimedOut => title::timed_out(),
        Code::Taken => title::taken(),
        Code::OtherAccount => title::other_account(),
        Code::ChangedMeanwhile | Code::PreconditionFailed => title::changed_meanwhile(),
        Code::LastAdmin => title::last_admin(),
        Code::OwnAccount => title::own_account(),
        Code::TooLarge => title::too_large(),
        Code::UnsupportedMediaType => title::unsupported_media_type(),
        Code::TooManyRequests => title::too_many_requests(),
        Code::Overloaded => title::overloaded(),
        Code::Unavailable => title::unavailable(),
        Code::OutcomeUnknown => title::outcome_unknown(),
        Code::LinkInvalid => title::link_invalid(),
        Code::WrongCode => title::wrong_code(),
        Code::SecondFactorNeeded => title::second_factor_needed(),
        Code::FactorRefused => title::factor_refused(),
        Code::ChallengeInvalid => title::challenge_invalid(),
        Code::PasskeyRefused => title::passkey_refused(),
        Code::LastWayIn => title::last_way_in(),
        Code::PasskeysOff => title::passkeys_off(),
        Code::FactorsOff => title::factors_off(),
        Code::MailOff => title::mail_off(),
        Code::Internal => title::internal(),
    }
}

/// What happened, what was kept, what to do next.
fn detail_of(problem: &Problem) -> String {
    match &problem.detail {
        Detail::OfCode => match (problem.code, problem.retry_after) {
            (Code::TooManyRequests, Some(seconds)) => {
                let [before, after] = detail::wait();
                [before, &in_words(seconds), after].concat()
            }
            (code, _) => detail_of_code(code).to_owned(),
        },
        Detail::OtherAccount { who, act: RefusedAct::Saving } => detail::other_account_saving(who),
        Detail::OtherAccount { who, act: RefusedAct::Acting } => detail::other_account_acting(who),
        Detail::OtherAccount { who, act: RefusedAct::SigningOut } => detail::other_account_signing_out(who),
        Detail::OtherAccount { who, act: RefusedAct::ChangingPassword } => {
            detail::other_account_changing_password(who)
        }
        Detail::ClosesIn { days } => detail::account_closes_in(&wait::days(*days)),
        Detail::Disabled { reason } => detail::account_disabled_because(reason),
        Detail::TakesJson => detail::takes_json().to_owned(),
        Detail::TakesJsonOrForm => detail::takes_json_or_form().to_owned(),
        Detail::NoJson { line, column } => detail::no_json(*line as u64, *column as u64),
        Detail::NoForm => detail::no_form().to_owned(),
        Detail::JsonAsForm => detail::nothing_changed(call::json_as_form()),
        Detail::FormAsJson => detail::nothing_changed(call::form_as_json()),
        Detail::SignsOutByPost => detail::signs_out_by_post().to_owned(),
        Detail::Stopping => detail::stopping().to_owned(),
        Detail::SlowAnswer => detail::slow_answer().to_owned(),
        Detail::SlowChange => detail::slow_change().to_owned(),
    }
}

fn detail_of_code(code: Code) -> &'static str {
    match code {
        Code::Invalid => detail::invalid(),
        Code::Unreadable => detail::unreadable(),
        Code::WrongCredentials => detail::wrong_credentials(),
        Code::AccountClosing => detail::account_closing(),
        Code::AccountDisabled => detail::account_disabled(),
        Code::SignInNeeded => detail::sign_in_needed(),
        Code::InvalidToken => detail::invalid_token(),
        Code::Forbidden => detail::forbidden(),
        Code::EmailUnverified => detail::email_unverified(),
        Code::FactorRequired => detail::factor_required(),
        Code::Reauthenticate => detail::reauthenticate(),
        Code::CrossSite => detail::cross_site(),
        Code::SignupClosed => detail::signup_closed(),
        Code::NotFound => detail::not_found(),
        Code::MethodNotAllowed => detail::method_not_allowed(),
        Code::TimedOut => detail::timed_out(),
        Code::Taken => detail::taken(),
        Code::OtherAccount => detail::other_account(),
        Code::ChangedMeanwhile => detail::changed_meanwhile(),
        Code::PreconditionFailed => detail::precondition_failed(),
        Code::LastAdmin => detail::last_admin(),
        Code::OwnAccount => detail::own_account(),
        Code::TooLarge => detail::too_large(),
        Code::UnsupportedMediaType => detail::unsupported_media_type(),
        Code::TooManyRequests => detail::too_many_requests(),
        Code::Overloaded => detail::overloaded(),
        Code::Unavailable => detail::unavailable(),
        Code::OutcomeUnknown => detail::outcome_unknown(),
        Code::LinkInvalid => detail::link_invalid(),
        Code::WrongCode => detail::wrong_code(),
        Code::SecondFactorNeeded => detail::second_factor_needed(),
        Code::FactorRefused => detail::factor_refused(),
        Code::ChallengeInvalid => detail::challenge_invalid(),
        Code::PasskeyRefused => detail::passkey_refused(),
        Code::LastWayIn => detail::last_way_in(),
        Code::PasskeysOff => detail::passkeys_off(),
        Code::FactorsOff => detail::factors_off(),
        Code::MailOff => detail::mail_off(),
        Code::Internal => detail::internal(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_is_a_problem_document() {
        let document = document(&Code::Taken.into());
        let json = r#"{"type":"about:blank","title":"Already taken","status":409,"detail":"Already taken. Nothing was changed.","code":"taken","errors":[]}"#;
        assert_eq!(serde_json::to_string(&document).unwrap(), json);
        assert_eq!((document.kind.as_str(), document.status), ("about:blank", 409));
        assert_eq!((document.code, document.errors, document.retry_after), (Code::Taken, vec![], None));
        assert_eq!(
            (document.title.as_str(), document.detail.as_str()),
            ("Already taken", "Already taken. Nothing was changed.")
        );
    }

    #[test]
    fn a_wait_is_said_and_never_too_short() {
        for (seconds, words) in [
            (1, "1 second"),
            (16, "16 seconds"),
            (90, "90 seconds"),
            (91, "2 minutes"),
            (3_601, "61 minutes"),
            (5_401, "2 hours"),
            (86_400, "24 hours"),
        ] {
            assert_eq!(in_words(seconds), words);
        }
        let document = document(&Problem::wait(16));
        assert_eq!(document.detail, "Too many attempts. Try again in 16 seconds.");
        assert_eq!(document.retry_after, Some(16));
    }
}
