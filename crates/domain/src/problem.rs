use serde::{Deserialize, Serialize};
use std::fmt;

/// Stable, machine-readable reason of a [`Problem`]; clients may match on it.
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
    /// The database does not answer.
    Unavailable,
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
            Self::Taken | Self::LastAdmin => 409,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::Overloaded | Self::Unavailable => 503,
        }
    }

    /// A few words that name the reason.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::Invalid => "Please check the marked fields",
            Self::Unreadable => "That request could not be read",
            Self::WrongCredentials => "Not signed in",
            Self::SignInNeeded => "Please sign in",
            Self::InvalidToken => "Please sign in again",
            Self::Forbidden => "Not allowed",
            Self::Reauthenticate => "Please confirm that it is you",
            Self::CrossSite => "Sent from another site",
            Self::SignupClosed => "Sign-up is closed",
            Self::NotFound => "Nothing here",
            Self::MethodNotAllowed => "Not possible here",
            Self::TimedOut => "That took too long",
            Self::Taken => "Already in use",
            Self::LastAdmin => "The last admin",
            Self::TooLarge => "Too much at once",
            Self::UnsupportedMediaType => "Format not understood",
            Self::TooManyRequests => "Too many tries",
            Self::Overloaded => "Busy right now",
            Self::Unavailable => "Briefly out of reach",
            Self::Internal => "Something broke on our side",
        }
    }

    /// What happened, what was kept, what to do next, in a person's words.
    #[must_use]
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Invalid => "Nothing was changed. Please check the marked fields.",
            Self::Unreadable => "Nothing was changed. Go back, reload the page and try again.",
            Self::WrongCredentials => "That password does not match this account.",
            Self::SignInNeeded => "You are not signed in, or your session has ended. Please sign in.",
            Self::InvalidToken => "That token is not valid, or no longer. Please sign in again.",
            Self::Forbidden => "Your account may not do this. Nothing was changed.",
            Self::Reauthenticate => {
                "Nothing was changed. Give your current password too, or sign in again and repeat this soon."
            }
            Self::CrossSite => {
                "This came from another site, so nothing was changed. Please use the form on our own page."
            }
            Self::SignupClosed => "New accounts are made by invitation here.",
            Self::NotFound => "There is nothing at this address.",
            Self::MethodNotAllowed => "This address exists, but not for this kind of request.",
            Self::TimedOut => "The request took too long. Please try again.",
            Self::Taken => "Somebody already uses this. Nothing was changed.",
            Self::LastAdmin => {
                "This is the last admin who can sign in. Nothing was changed; make somebody else an admin first."
            }
            Self::TooLarge => "That is more than this form takes. Nothing was changed.",
            Self::UnsupportedMediaType => "That format is not understood here. Nothing was changed.",
            Self::TooManyRequests => "That was too many tries in a short time. Please wait a moment.",
            Self::Overloaded => {
                "Many people are signing in right now. Nothing was changed; try again in a moment."
            }
            Self::Unavailable => {
                "We could not reach the database. Nothing was changed; try again in a moment."
            }
            Self::Internal => "Something broke on our side. Nothing was changed; try again in a moment.",
        }
    }

    /// Seconds to wait before trying again, where waiting helps by itself.
    #[must_use]
    pub const fn retry_after(self) -> Option<u32> {
        match self {
            Self::Overloaded => Some(2),
            Self::Unavailable => Some(5),
            _ => None,
        }
    }
}

/// One refused field: which, a stable code, and words for a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct FieldError {
    /// The form's own name of the field.
    pub field: String,
    /// Stable, in `snake_case`.
    pub code: String,
    /// What to do about it, in a person's words.
    pub message: String,
}

impl FieldError {
    /// A refusal of `field`.
    #[must_use]
    pub fn new(field: &str, code: &str, message: impl Into<String>) -> Self {
        Self { field: field.to_owned(), code: code.to_owned(), message: message.into() }
    }
}

/// Why a call failed, as clients see it: a problem document (RFC 9457).
///
/// Holds nothing private: no stack, no query, no driver's words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Problem {
    /// `about:blank`: the code carries the meaning (RFC 9457 section 4.2.1).
    #[serde(rename = "type")]
    pub kind: String,
    /// A few words that name the reason.
    pub title: String,
    /// The HTTP status, repeated.
    pub status: u16,
    /// What happened, in a person's words; what FastAPI clients read.
    pub detail: String,
    /// The stable reason.
    pub code: Code,
    /// The refused fields, all at once.
    #[serde(default)]
    pub errors: Vec<FieldError>,
    /// Seconds to wait before trying again, where waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl Problem {
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
}
