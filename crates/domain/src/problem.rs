use serde::{Deserialize, Serialize};
use std::fmt;

/// The reason, stable and machine-readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// At least one field was refused; `errors` says which.
    Invalid,
    /// The body is not what the call takes.
    Unreadable,
    /// Name and password do not belong together, or there is no such account.
    WrongCredentials,
    /// The call needs a signed-in person.
    SignInNeeded,
    /// The token is forged, used, expired or revoked: never said which (RFC 6750 section 3.1).
    InvalidToken,
    /// The person is known, but may not do this.
    Forbidden,
    /// This needs a recent sign-in or the current password.
    Reauthenticate,
    /// Another site sent this request.
    CrossSite,
    /// Sign-up is by invitation.
    SignupClosed,
    /// There is nothing here, or it is somebody else's.
    NotFound,
    /// The path is known, the method is not.
    MethodNotAllowed,
    /// The request took longer than the server waits.
    TimedOut,
    /// Somebody has this address or username.
    Taken,
    /// The form was shown to another account than the one that is signed in now.
    OtherAccount,
    /// The form was shown before something else changed the same.
    ChangedMeanwhile,
    /// None of the versions that `If-Match` names is the present one.
    PreconditionFailed,
    /// Without this account nobody could manage the others.
    LastAdmin,
    /// The body is larger than the call takes.
    TooLarge,
    /// The body's media type is not one the call takes.
    UnsupportedMediaType,
    /// Too many tries; `retry_after` says when the next one counts.
    TooManyRequests,
    /// The server has more work than it can do at once.
    Overloaded,
    /// The database does not answer, or reading took too long.
    Unavailable,
    /// Nobody knows whether the change was made: the database did not say, or it took too long.
    OutcomeUnknown,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// The HTTP status that goes with this reason.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::Invalid | Self::Unreadable => 422,
            Self::WrongCredentials | Self::SignInNeeded | Self::InvalidToken => 401,
            Self::Forbidden | Self::Reauthenticate | Self::CrossSite | Self::SignupClosed => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TimedOut => 408,
            Self::Taken | Self::OtherAccount | Self::ChangedMeanwhile | Self::LastAdmin => 409,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::Overloaded | Self::Unavailable | Self::OutcomeUnknown => 503,
        }
    }

    /// A few words that name the reason.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Invalid => "Check the highlighted fields",
            Self::Unreadable => "We couldn't read that request",
            Self::WrongCredentials => "Sign-in failed",
            Self::SignInNeeded => "Sign in to continue",
            Self::InvalidToken => "Sign in again",
            Self::Forbidden => "You don't have access",
            Self::Reauthenticate => "Confirm it's you",
            Self::CrossSite => "Request blocked",
            Self::SignupClosed => "Sign-up is closed",
            Self::NotFound => "Not found",
            Self::MethodNotAllowed => "Not allowed here",
            Self::TimedOut => "The request timed out",
            Self::Taken => "Already taken",
            Self::OtherAccount => "Another account is signed in",
            Self::ChangedMeanwhile | Self::PreconditionFailed => "Changed in the meantime",
            Self::LastAdmin => "This is the last admin",
            Self::TooLarge => "Too large",
            Self::UnsupportedMediaType => "Unsupported format",
            Self::TooManyRequests => "Too many attempts",
            Self::Overloaded => "We're busy right now",
            Self::Unavailable => "Temporarily unavailable",
            Self::OutcomeUnknown => "Check whether it worked",
            Self::Internal => "Something went wrong",
        }
    }

    /// What happened, what was kept, what to do next, in a person's words.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Invalid => "Nothing was changed. Check the highlighted fields.",
            Self::Unreadable => "Nothing was changed. Reload the page and try again.",
            Self::WrongCredentials => "Incorrect email, username or password.",
            Self::SignInNeeded => "You're not signed in, or your session has ended. Sign in to continue.",
            Self::InvalidToken => "This token is invalid or has expired. Sign in again.",
            Self::Forbidden => "You don't have permission to do this. Nothing was changed.",
            Self::Reauthenticate => {
                "Nothing was changed. Send your current password as well, or sign in again and retry."
            }
            Self::CrossSite => {
                "This request came from another site, so nothing was changed. Use the form on our own page."
            }
            Self::SignupClosed => "New accounts are by invitation only.",
            Self::NotFound => "There's nothing at this address.",
            Self::MethodNotAllowed => "This address doesn't accept this kind of request.",
            Self::TimedOut => "The request took too long. Try again.",
            Self::Taken => "Already taken. Nothing was changed.",
            Self::OtherAccount => {
                "You're now signed in with another account, so nothing was saved. This page was opened from a different account. Check your text before saving it here."
            }
            Self::ChangedMeanwhile => {
                "This was changed elsewhere after you opened it, so your changes weren't saved. Compare them with what's saved now, then save again."
            }
            Self::PreconditionFailed => {
                "This has changed since you last read it, so your update wasn't applied. Fetch it again to get the current ETag."
            }
            Self::LastAdmin => {
                "This is the only admin account. Make someone else an admin first. Nothing was changed."
            }
            Self::TooLarge => "That's more than we can accept. Nothing was changed.",
            Self::UnsupportedMediaType => "We can't read that format. Nothing was changed.",
            Self::TooManyRequests => "Too many attempts. Wait a moment, then try again.",
            Self::Overloaded => "We're very busy right now. Nothing was changed; try again in a moment.",
            Self::Unavailable => {
                "We could not reach the database. Nothing was changed; try again in a moment."
            }
            Self::OutcomeUnknown => {
                "We lost the connection before we could confirm your change. Check whether it was saved before trying again."
            }
            Self::Internal => "Something went wrong on our side. Nothing was changed; try again in a moment.",
        }
    }

    /// Seconds to wait before trying again, where waiting helps by itself.
    #[must_use]
    pub const fn retry_after(self) -> Option<u32> {
        match self {
            Self::Overloaded => Some(2),
            Self::Unavailable | Self::OutcomeUnknown => Some(5),
            _ => None,
        }
    }
}

/// A field that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The field's name.
    pub field: String,
    /// The reason, stable and machine-readable.
    pub code: String,
    /// What to do about it.
    pub message: String,
}

impl FieldError {
    /// A refusal of `field`.
    #[must_use]
    pub fn new(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code: code.to_owned(), message: message.into() }
    }
}

/// Why a request failed: a problem document (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`: the code carries the meaning (RFC 9457 section 4.2.1).
    #[serde(rename = "type")]
    pub kind: String,
    /// A short summary.
    pub title: String,
    /// The HTTP status code.
    pub status: u16,
    /// What happened and what to do next.
    pub detail: String,
    /// The reason, stable and machine-readable.
    pub code: Code,
    /// Every field that was refused.
    #[serde(default)]
    pub errors: Vec<FieldError>,
    /// Seconds to wait before trying again, if waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Problem {
    /// How the words of [`Problem::wait`] begin.
    pub const TOO_MANY: &str = "Too many attempts.";

    /// A problem with the code's own words.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: code.title().to_owned(),
            status: code.status(),
            detail: code.detail().to_owned(),
            code,
            errors: Vec::new(),
            retry_after: code.retry_after(),
        }
    }

    /// Too many attempts, and when the next one counts.
    #[must_use]
    pub fn wait(seconds: u32) -> Self {
        let detail = format!("{} Try again in {}.", Self::TOO_MANY, in_words(seconds));
        Self { detail, retry_after: Some(seconds), ..Self::new(Code::TooManyRequests) }
    }

    /// The same problem with other words.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }

    /// The same problem with its refused fields.
    #[must_use]
    pub fn with_errors(mut self, errors: Vec<FieldError>) -> Self {
        self.errors = errors;
        self
    }

    /// The words for `field`, if it was refused.
    #[must_use]
    pub fn field(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }
}

/// A time to wait, as people say it and never too short.
#[must_use]
pub fn in_words(seconds: u32) -> String {
    let (count, unit) = match seconds {
        0..=90 => (seconds, "second"),
        91..=5_400 => (seconds.div_ceil(60), "minute"),
        _ => (seconds.div_ceil(3_600), "hour"),
    };
    format!("{count} {unit}{}", if count == 1 { "" } else { "s" })
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Problem {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_a_problem_document() {
        let json = serde_json::to_value(Problem::new(Code::Taken)).unwrap();
        assert_eq!(json["type"], "about:blank");
        assert_eq!(json["status"], 409);
        assert_eq!(json["code"], "taken");
        assert!(json["detail"].is_string() && json["title"].is_string());
        assert_eq!(json["errors"], serde_json::json!([]));
        assert!(json.get("retry_after").is_none());
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
        let problem = Problem::wait(16);
        assert_eq!(problem.detail, "Too many attempts. Try again in 16 seconds.");
        assert_eq!(problem.retry_after, Some(16));
    }
}
