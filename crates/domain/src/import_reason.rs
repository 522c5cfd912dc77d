use crate::{FieldError, FormReason};

/// Why a line of an import made no account, or made one without a field. Lines are counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ImportReason {
    /// It breaks a rule of sign-up.
    Form(FormReason),
    /// The line is no account: what the program that read it says of it.
    Malformed(String),
    /// No email address.
    EmailMissing,
    /// No mail can reach the address.
    EmailUnreachable,
    /// An earlier line has the address.
    EmailRepeated {
        /// That line.
        line: u64,
    },
    /// Its former owner may still take the address back.
    EmailKept,
    /// An account has it that its owner has deleted: it is not deleted for good yet.
    EmailClosing,
    /// The password's hash cannot be taken over: what its reader says of it.
    HashUnreadable(String),
    /// The username is the email address.
    UsernameIsEmail,
    /// Somebody has the username.
    UsernameTaken,
    /// An earlier line has the username.
    UsernameRepeated {
        /// That line.
        line: u64,
    },
    /// No role of ours.
    RoleUnknown,
    /// Neither active nor not.
    ActiveUnknown,
    /// Neither verified nor not.
    VerifiedUnknown,
    /// No UUID.
    IdInvalid,
    /// Somebody has the id.
    IdTaken,
    /// An earlier line has the id.
    IdRepeated {
        /// That line.
        line: u64,
    },
    /// No time, or none since 1970.
    CreatedAtInvalid,
}

impl ImportReason {
    /// The reason as programs read it: stable.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(reason) => reason.code(),
            Self::Malformed(_) => "malformed",
            Self::EmailMissing => "required",
            Self::EmailRepeated { .. } => "repeated",
            Self::HashUnreadable(_) => "unreadable",
            Self::UsernameIsEmail => "email",
            Self::EmailKept
            | Self::EmailClosing
            | Self::UsernameTaken
            | Self::UsernameRepeated { .. }
            | Self::IdTaken
            | Self::IdRepeated { .. } => "taken",
            Self::RoleUnknown | Self::ActiveUnknown | Self::VerifiedUnknown => "unknown",
            Self::EmailUnreachable | Self::IdInvalid | Self::CreatedAtInvalid => "invalid",
        }
    }
}

impl From<FormReason> for ImportReason {
    fn from(reason: FormReason) -> Self {
        Self::Form(reason)
    }
}

impl From<FieldError> for FieldError<ImportReason> {
    fn from(FieldError { field, reason }: FieldError) -> Self {
        Self { field, reason: reason.into() }
    }
}
