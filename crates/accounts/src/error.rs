use crate::RawToken;
use domain::{FactorMethod, FieldError, Reason};
use redis_store::RedisSetupError;
use store::{StoreError, Taken};
use thiserror::Error as ThisError;
use time::Duration;

/// Why a use case did not do what it was asked. `edge::problem` turns each into a problem for a stranger;
/// the source chain goes to the log and nowhere else.
#[derive(Debug, ThisError)]
pub enum Error {
    /// At least one field was refused.
    #[error("refused fields: {}", .0.iter().map(|e| e.field.as_str()).collect::<Vec<_>>().join(", "))]
    Invalid(Vec<FieldError<Reason>>),
    /// No such account, a wrong password, or a disabled account: the answer does not say which (P1).
    #[error("wrong credentials")]
    WrongCredentials,
    /// The right password of an account that its owner has deleted, and may still restore: only a page is told so.
    #[error("the account closes")]
    AccountClosing {
        /// How long it can be restored.
        left: Duration,
    },
    /// The right password of an account that an admin has disabled: only a page is told so, and why.
    #[error("the account is disabled")]
    AccountDisabled {
        /// The admin's words.
        reason: String,
    },
    /// A stranger called what is for members.
    #[error("sign-in needed")]
    SignInNeeded,
    /// A token that is forged, used, expired or revoked, or whose account is disabled: the answer does not say which.
    #[error("invalid token")]
    InvalidToken,
    /// A member called what needs a proven address, and theirs is not.
    #[error("the address is not proven")]
    EmailUnverified,
    /// A member called what needs a second factor, or would remove the last one, where their account must have one.
    #[error("a second factor is required")]
    FactorRequired,
    /// A member called what is for admins.
    #[error("not allowed")]
    Forbidden,
    /// A recent sign-in or the current password is needed, and there is neither.
    #[error("a recent sign-in or the current password is needed")]
    Reauthenticate,
    /// Nothing has this id, or it is somebody else's: the answer does not say which.
    #[error("not found")]
    NotFound,
    /// Without this account nobody could manage the others (P28).
    #[error("the last active admin")]
    LastAdmin,
    /// An admin would lock themselves out.
    #[error("this would lock the caller out")]
    OwnAccount,
    /// The data was changed after the form was shown.
    #[error("changed since the form was shown")]
    ChangedMeanwhile,
    /// `If-Match` does not name the current version.
    #[error("changed since it was read")]
    PreconditionFailed,
    /// Somebody has this value already.
    #[error("{} is taken", .0.name())]
    Taken(Field),
    /// New accounts are by invitation.
    #[error("sign-up is closed")]
    SignupClosed,
    /// Too many tries; the next one counts after this time.
    #[error("too many tries")]
    TooManyTries {
        /// How long to wait.
        wait: Duration,
    },
    /// More passwords to check than the cores can handle, or more admins' lists to read than may be at once.
    #[error("too much to do at once")]
    Overloaded,
    /// The database is out of reach; trying again may help.
    #[error("cannot reach the database")]
    Unavailable(#[source] StoreError),
    /// The database did not say whether the changes were made; only looking tells.
    #[error("the outcome is unknown")]
    Unconfirmed(#[source] StoreError),
    /// The database's schema is older than this program.
    #[error("the database is not migrated")]
    NotMigrated,
    /// This server's clock is so far from the database's that others would refuse its tokens.
    #[error("this server's clock is far from the database's")]
    ClockSkew,
    /// A link or a code of a mail that is unknown, used or too old: the answer does not say which.
    #[error("invalid link or code")]
    LinkInvalid,
    /// A code to sign in with that is unknown, used or too old, or whose account is not that of the name: the answer does
    /// not say which (P1).
    #[error("wrong code")]
    WrongCode,
    /// The first factor is proven and the account has a second one, with which the challenge completes the sign-in.
    #[error("a second factor is needed")]
    SecondFactorNeeded(PendingSignIn),
    /// The code of a second factor that is wrong or used: the answer does not say which.
    #[error("wrong code of a second factor")]
    FactorRefused,
    /// A challenge that is unknown, used or too old, or that too many codes were tried at: the answer does not say which.
    #[error("no sign-in waits for this")]
    ChallengeInvalid,
    /// A passkey that signs in to nothing here, or was not used as it must be: the answer does not say which.
    #[error("the passkey is refused")]
    PasskeyRefused,
    /// Without this passkey nobody could sign in to the account any more.
    #[error("the last way in")]
    LastWayIn,
    /// Passkeys belong to a name over TLS, and this site's address is none.
    #[error("passkeys do not work at this address")]
    PasskeysOff,
    /// Second factors need an encryption key, and there is none.
    #[error("second factors are not set up")]
    FactorsOff,
    /// Mail is not set up.
    #[error("mail is not set up")]
    MailOff,
    /// A fault of ours.
    #[error("internal fault")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

/// A sign-in that waits for its second factor.
#[derive(Debug, Clone)]
pub struct PendingSignIn {
    /// Names it: for the cookie of pages, and for programs.
    pub challenge: RawToken,
    /// What it can be completed with.
    pub methods: Vec<FactorMethod>,
    /// How long it waits.
    pub expires_in: Duration,
}

/// A field whose value is unique.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    /// The email address.
    Email,
    /// The username.
    Username,
}

impl Field {
    /// The form's name of the field.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Username => "username",
        }
    }
}

impl Error {
    /// Wraps a fault of ours.
    pub(crate) fn internal(source: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(source.into())
    }
}

impl From<Vec<FieldError>> for Error {
    fn from(errors: Vec<FieldError>) -> Self {
        Self::Invalid(errors.into_iter().map(FieldError::from).collect())
    }
}

impl From<Vec<FieldError<Reason>>> for Error {
    fn from(errors: Vec<FieldError<Reason>>) -> Self {
        Self::Invalid(errors)
    }
}

impl From<FieldError<Reason>> for Error {
    fn from(error: FieldError<Reason>) -> Self {
        Self::Invalid(vec![error])
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(Taken::Email) => Self::Taken(Field::Email),
            StoreError::Taken(Taken::Username) => Self::Taken(Field::Username),
            StoreError::Busy => Self::Overloaded,
            StoreError::Unavailable(_)
            | StoreError::ReadOnly
            | StoreError::NotACopy
            | StoreError::Behind
            | StoreError::SharedSessions
            | StoreError::SharedListener
            | StoreError::NotHeard => Self::Unavailable(error),
            StoreError::Unconfirmed(_) => Self::Unconfirmed(error),
            StoreError::Migration(_)
            | StoreError::MayNotMigrate(_)
            | StoreError::TrailNotSafe(_)
            | StoreError::Unexpected(_) => Self::internal(error),
        }
    }
}

/// Why the use cases cannot start with these settings.
#[derive(Debug, ThisError)]
pub enum SetupError {
    /// Weaker than the floor of the security promises.
    #[error("password hashing below the floor: {0}")]
    WeakHashing(String),
    /// The signing key cannot be read or is too weak.
    #[error("unusable signing key: {0}")]
    SigningKey(String),
    /// No picture for pages and mails.
    #[error("{0}")]
    Logo(&'static str),
    /// The encryption keys cannot be read.
    #[error("unusable encryption key: {0}")]
    EncryptionKey(String),
    /// Redis cannot be reached with these settings.
    #[error(transparent)]
    Redis(#[from] RedisSetupError),
}
