use crate::{FieldError, Reason};
use serde::{Deserialize, Serialize};

/// The reason, stable and machine-readable.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Code {
    /// At least one field was refused; `errors` says which.
    Invalid,
    /// The body cannot be read.
    Unreadable,
    /// Name and password do not belong together, or there is no such account.
    WrongCredentials,
    /// The account closes; whoever has its password may restore it.
    AccountClosing,
    /// The account is disabled; whoever has its password is told why.
    AccountDisabled,
    /// The call needs a signed-in person.
    SignInNeeded,
    /// The token is forged, used, expired or revoked: never said which (RFC 6750 section 3.1).
    InvalidToken,
    /// The caller is signed in, but may not do this.
    Forbidden,
    /// This needs a proven email address.
    EmailUnverified,
    /// This needs a second factor.
    FactorRequired,
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
    /// The data was changed after the form was shown.
    ChangedMeanwhile,
    /// `If-Match` does not name the current version.
    PreconditionFailed,
    /// Without this account nobody could manage the others.
    LastAdmin,
    /// An admin would lock themselves out.
    OwnAccount,
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
    /// A link or a code of a mail that is unknown, used or too old: the answer does not say which.
    LinkInvalid,
    /// A code to sign in with that is wrong, used or too old: the answer does not say which.
    WrongCode,
    /// The first factor is proven, and the account has a second one.
    SecondFactorNeeded,
    /// The code of a second factor that is wrong or used: the answer does not say which.
    FactorRefused,
    /// A sign-in that waited for its second factor, and does no more.
    ChallengeInvalid,
    /// A passkey that signs in to nothing here, or was not used as it must be: the answer does not say which.
    PasskeyRefused,
    /// Without this the account could not be signed in to any more.
    LastWayIn,
    /// Passkeys do not work at this server's address.
    PasskeysOff,
    /// Second factors are not set up on this server.
    FactorsOff,
    /// Mail is not set up on this server.
    MailOff,
    /// A fault of ours.
    Internal,
}

impl Code {
    /// The HTTP status that goes with this reason.
    #[must_use]
    pub const fn status(self) -> u16 {
        match self {
            Self::LinkInvalid => 400,
            Self::Invalid | Self::Unreadable => 422,
            Self::WrongCredentials
            | Self::WrongCode
            | Self::SignInNeeded
            | Self::InvalidToken
            | Self::SecondFactorNeeded
            | Self::FactorRefused
            | Self::PasskeyRefused
            | Self::ChallengeInvalid => 401,
            Self::AccountClosing
            | Self::AccountDisabled
            | Self::Forbidden
            | Self::EmailUnverified
            | Self::FactorRequired
            | Self::Reauthenticate
            | Self::CrossSite
            | Self::SignupClosed
            | Self::PasskeysOff
            | Self::FactorsOff => 403,
            Self::NotFound => 404,
            Self::MethodNotAllowed => 405,
            Self::TimedOut => 408,
            Self::Taken
            | Self::OtherAccount
            | Self::ChangedMeanwhile
            | Self::LastAdmin
            | Self::LastWayIn
            | Self::OwnAccount => 409,
            Self::PreconditionFailed => 412,
            Self::TooLarge => 413,
            Self::UnsupportedMediaType => 415,
            Self::TooManyRequests => 429,
            Self::Internal => 500,
            Self::Overloaded | Self::Unavailable | Self::OutcomeUnknown | Self::MailOff => 503,
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

/// Why a request failed, without its sentences, which are in `words`; the answer with them is
/// [`ProblemDocument`](crate::ProblemDocument).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// The reason.
    pub code: Code,
    /// What the code alone does not say.
    pub detail: Detail,
    /// Every field that was refused.
    pub errors: Vec<FieldError<Reason>>,
    /// Seconds to wait before trying again, if waiting helps.
    pub retry_after: Option<u32>,
}

/// What a problem's code alone does not say, with the values for its sentence.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Detail {
    /// The code says all.
    #[default]
    OfCode,
    /// The form was shown to another account than that of `who`, who is signed in now.
    OtherAccount {
        /// What the account is called.
        who: String,
        /// What the form would have done.
        act: RefusedAct,
    },
    /// For so many days the account can be restored.
    ClosesIn {
        /// Rounded up.
        days: u64,
    },
    /// The account is disabled, and this is why.
    Disabled {
        /// An admin's words.
        reason: String,
    },
    /// The call takes JSON.
    TakesJson,
    /// The call takes JSON or a form.
    TakesJsonOrForm,
    /// The body is no JSON from this place on.
    NoJson {
        /// Counted from 1.
        line: usize,
        /// Counted from 1.
        column: usize,
    },
    /// The body is no form.
    NoForm,
    /// The body is JSON and calls itself a form.
    JsonAsForm,
    /// The body is a form and calls itself JSON.
    FormAsJson,
    /// A browser signs out by POST.
    SignsOutByPost,
    /// The server is about to end.
    Stopping,
    /// A read took too long.
    SlowAnswer,
    /// A change took too long, and nobody knows whether it was made.
    SlowChange,
}

/// What a form that was shown to another account would have done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RefusedAct {
    /// Something else.
    Acting,
    /// Saved something.
    Saving,
    /// Signed out.
    SigningOut,
    /// Changed the password.
    ChangingPassword,
}

impl Problem {
    /// A problem of which the code says all.
    #[must_use]
    pub fn new(code: Code) -> Self {
        Self { code, detail: Detail::OfCode, errors: Vec::new(), retry_after: code.retry_after() }
    }

    /// Too many attempts, and when the next one counts.
    #[must_use]
    pub fn wait(seconds: u32) -> Self {
        Self { retry_after: Some(seconds), ..Self::new(Code::TooManyRequests) }
    }

    /// The same problem, told in more detail.
    #[must_use]
    pub fn with_detail(self, detail: Detail) -> Self {
        Self { detail, ..self }
    }

    /// The same problem with its refused fields.
    #[must_use]
    pub fn with_errors(self, errors: Vec<FieldError<Reason>>) -> Self {
        Self { errors, ..self }
    }
}

impl From<Code> for Problem {
    fn from(code: Code) -> Self {
        Self::new(code)
    }
}
