/// A field that was refused, and why. The sentence for it is in `words`.
///
/// Unless it says otherwise, the reason is one that a form's own check finds: the browser's build holds the
/// sentences of those alone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError<R = FormReason> {
    /// The field's name.
    pub field: String,
    /// Why it was refused.
    pub reason: R,
}

impl<R> FieldError<R> {
    /// A refusal of `field`.
    #[must_use]
    pub fn new(field: &str, reason: impl Into<R>) -> Self {
        Self { field: field.to_owned(), reason: reason.into() }
    }
}

/// The refusals of one form, gathered so that a person sees all of them at once.
#[derive(Debug)]
pub struct FieldErrors<R = FormReason>(Vec<FieldError<R>>);

impl<R> Default for FieldErrors<R> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<R> FieldErrors<R> {
    /// Notes a refusal of `field`.
    pub fn refuse(&mut self, field: &str, reason: impl Into<R>) {
        self.0.push(FieldError::new(field, reason));
    }

    /// `value` if nothing was refused. Where something was, `value` may be `None`.
    ///
    /// # Errors
    /// All refusals noted so far.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<FieldError<R>>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.0),
        }
    }
}

/// What a form's own check finds, in the browser and on the server alike. Counts are of characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormReason {
    /// More than `max`.
    TooLong {
        /// The most.
        max: usize,
    },
    /// Fewer than `min`.
    TooShort {
        /// The fewest.
        min: usize,
    },
    /// Outside of `min` to `max`.
    Length {
        /// The fewest.
        min: usize,
        /// The most.
        max: usize,
    },
    /// No email address.
    EmailMissing,
    /// Nothing of an email address's shape, or none that mail can reach.
    EmailInvalid,
    /// Characters that no username has.
    UsernameInvalid,
    /// Neither an email address nor a username.
    IdentifierMissing,
    /// What can be neither.
    IdentifierInvalid,
    /// No password where one is known.
    PasswordMissing,
    /// No password where one is chosen.
    NewPasswordMissing,
    /// Characters that no password has.
    PasswordInvalid,
    /// The new password is the old one.
    PasswordUnchanged,
    /// Characters that no name has.
    NameInvalid,
    /// Characters that no bio has.
    BioInvalid,
    /// Characters that no other text has.
    TextInvalid,
    /// Characters that no search term has.
    SearchInvalid,
    /// Neither true nor false.
    FlagInvalid,
    /// No role of ours.
    RoleInvalid,
    /// No order of ours.
    SortInvalid,
    /// No number of rows from 1 to `max`.
    LimitInvalid {
        /// The most rows of a page.
        max: u16,
    },
    /// No cursor of ours.
    CursorInvalid,
    /// No kind of event.
    KindInvalid,
    /// No account's id.
    IdInvalid,
    /// No code where a mail brought one.
    CodeMissing,
    /// Nothing of a code's shape.
    CodeInvalid,
    /// No reason where somebody is told one.
    ReasonMissing,
}

impl FormReason {
    /// The reason as programs read it: stable.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::TooLong { .. } => "too_long",
            Self::TooShort { .. } => "too_short",
            Self::Length { .. } => "length",
            Self::EmailMissing
            | Self::IdentifierMissing
            | Self::PasswordMissing
            | Self::NewPasswordMissing
            | Self::CodeMissing
            | Self::ReasonMissing => "required",
            Self::PasswordUnchanged => "unchanged",
            Self::EmailInvalid
            | Self::UsernameInvalid
            | Self::IdentifierInvalid
            | Self::PasswordInvalid
            | Self::NameInvalid
            | Self::BioInvalid
            | Self::TextInvalid
            | Self::SearchInvalid
            | Self::FlagInvalid
            | Self::RoleInvalid
            | Self::SortInvalid
            | Self::LimitInvalid { .. }
            | Self::CursorInvalid
            | Self::KindInvalid
            | Self::IdInvalid
            | Self::CodeInvalid => "invalid",
        }
    }
}

/// Every reason for which the server refuses a field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    /// The form's own check found it.
    Form(FormReason),
    /// There is an account with this email address.
    EmailTaken,
    /// The account has this email address already.
    EmailUnchanged,
    /// Not the account's email address.
    EmailOther,
    /// Somebody has this username.
    UsernameTaken,
    /// Nobody takes this username for themselves.
    UsernameReserved,
    /// Not the current password.
    PasswordWrong,
    /// The account has no password.
    PasswordUnset,
    /// The right password of an account that asks for a second factor.
    PasswordNotEnough,
    /// Not the code that was mailed, or no longer.
    CodeWrong,
    /// No way of ours to prove a second factor.
    MethodUnknown,
    /// No code of a second factor.
    FactorCodeMissing,
    /// No answer of a passkey.
    PasskeyMissing,
    /// An answer of a passkey that cannot be used here.
    PasskeyUnusable,
    /// A passkey that is somebody's already.
    PasskeyTaken,
    /// The account has as many passkeys as it may.
    PasskeysTooMany,
    /// No name for a passkey.
    PasskeyNameMissing,
    /// Nothing of the shape of an authenticator app's code.
    TotpInvalid,
    /// Nothing of a recovery code's shape.
    RecoveryCodeInvalid,
    /// Not the code of the second factor, or used already.
    FactorCodeWrong,
    /// A password that is easy to guess.
    PasswordWeak(PasswordWeakness),
    /// The call takes no such field.
    Unknown,
    /// It came twice.
    Doubled,
    /// It is missing.
    Missing,
    /// It is of another type.
    WrongType,
    /// It is a file.
    File,
    /// JSON under the name of a form.
    JsonAsForm,
    /// A form under the name of JSON.
    FormAsJson,
}

impl Reason {
    /// The reason as programs read it: stable.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Form(reason) => reason.code(),
            Self::EmailTaken | Self::UsernameTaken | Self::PasskeyTaken => "taken",
            Self::EmailUnchanged => "unchanged",
            Self::UsernameReserved => "reserved",
            Self::PasswordWrong
            | Self::EmailOther
            | Self::CodeWrong
            | Self::FactorCodeWrong
            | Self::PasskeyUnusable => "wrong",
            Self::PasskeysTooMany => "too_many",
            Self::PasswordUnset => "unset",
            Self::PasswordNotEnough => "not_enough",
            Self::PasswordWeak(_) => "too_weak",
            Self::Unknown => "unknown",
            Self::Doubled => "duplicate",
            Self::Missing | Self::FactorCodeMissing | Self::PasskeyMissing | Self::PasskeyNameMissing => {
                "required"
            }
            Self::MethodUnknown | Self::TotpInvalid | Self::RecoveryCodeInvalid => "invalid",
            Self::WrongType | Self::File | Self::JsonAsForm | Self::FormAsJson => "wrong_type",
        }
    }
}

impl From<FormReason> for Reason {
    fn from(reason: FormReason) -> Self {
        Self::Form(reason)
    }
}

impl From<FieldError> for FieldError<Reason> {
    fn from(FieldError { field, reason }: FieldError) -> Self {
        Self { field, reason: reason.into() }
    }
}

/// What makes a password easy to guess, and what would make it better, where the estimate says so.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct PasswordWeakness {
    /// What an attacker tries first.
    pub warning: Option<PasswordWarning>,
    /// What helps.
    pub advice: Option<PasswordAdvice>,
}

/// What an attacker tries first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the sentences")]
pub enum PasswordWarning {
    StraightRow,
    KeyboardPattern,
    RepeatedCharacter,
    RepeatedPart,
    TopTen,
    TopHundred,
    Common,
    SimilarToCommon,
    Sequence,
    RecentYear,
    SingleWord,
    Date,
    NameAlone,
    CommonName,
}

/// What would make a password better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names are the sentences")]
pub enum PasswordAdvice {
    FewWords,
    NoSymbolsNeeded,
    AnotherWord,
    CapitalsHelpLittle,
    AllCapitalsHelpLittle,
    ReversedHelpsLittle,
    SubstitutionsHelpLittle,
    LongerPattern,
    NoRepetition,
    NoSequences,
    NoRecentYears,
    NoOwnYears,
    NoOwnDates,
}
