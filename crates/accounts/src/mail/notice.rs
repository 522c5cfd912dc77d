//! What happened to an account, as its owner is told. Nobody asks for a notice, and none can be turned off.

use serde::{Deserialize, Serialize};
use store::sessions::pending::BegunBy;
use time::OffsetDateTime;
use uuid::Uuid;

/// What happened.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "notice", rename_all = "snake_case")]
pub(crate) enum Notice {
    /// Its owner changed the password.
    PasswordChanged,
    /// The password was forgotten, and chosen anew.
    PasswordReset,
    /// Another address waits for its proof.
    EmailChangeRequested { new_email: String },
    /// The account has another address.
    EmailChanged { new_email: String },
    /// The account has this address, which nobody has proven.
    EmailIsYours,
    /// A sign-in by a client that the account is not known to use.
    NewDevice,
    /// A refresh token came back after it had been used.
    TokenReused,
    /// An admin disabled the account.
    Disabled,
    /// Its owner deleted the account, which can be restored until then (seconds since 1970).
    Closing { closes_at: i64 },
    /// Its owner deleted the account, which cannot be restored.
    Deleted,
    /// The account was to be deleted, and was restored.
    Restored,
    /// "This wasn't me" gave the account back, with the second factor that is newer than its link, or with those that were
    /// removed since.
    Recovered {
        #[serde(default)]
        factor_stays: bool,
        #[serde(default)]
        restored: bool,
    },
    /// A sign-in takes one more step, or the same one of another app; which, as session rows name it.
    FactorAdded {
        factor: String,
        #[serde(default)]
        replaced: bool,
    },
    /// A sign-in no longer takes that step.
    FactorRemoved { factor: String },
    /// An admin took all second factors away.
    FactorsCleared,
    /// There are new recovery codes, and no old ones.
    RecoveryCodesMade,
    /// Somebody knew the password, and did not pass the second step.
    SecondStepMissed {
        #[serde(default)]
        missed: Vec<MissedStep>,
    },
    /// A recovery code was used, and so many are left.
    RecoveryCodeUsed { left: u64 },
}

/// A sign-in whose second step was not passed, as a mail shows it.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct MissedStep {
    /// When it began, in seconds since 1970.
    pub(super) at: i64,
    pub(super) client: String,
    pub(super) address: String,
}

impl MissedStep {
    pub(crate) fn of(at: OffsetDateTime, by: &BegunBy) -> Self {
        Self { at: at.unix_timestamp(), client: words::client_of(&by.agent), address: by.address.clone() }
    }
}

/// A notice as it waits in the outbox.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct NoticeMail {
    pub(super) to: String,
    pub(super) notice: Notice,
    /// What takes the account back.
    pub(super) token: Option<Uuid>,
    /// What did it, as a mail shows it.
    pub(super) client: String,
    pub(super) address: String,
}

impl Notice {
    /// Whether the owner may take the account back because of it.
    pub(super) fn can_be_undone(&self) -> bool {
        !matches!(
            self,
            Self::EmailIsYours
                | Self::Disabled
                | Self::FactorsCleared
                | Self::Deleted
                | Self::Recovered { .. }
        )
    }

    /// The end of an account that closes, in seconds since 1970.
    pub(super) fn closes_at(&self) -> Option<i64> {
        if let Self::Closing { closes_at } = self { Some(*closes_at) } else { None }
    }

    /// Whoever can repeat the event could fill a mailbox.
    pub(super) fn can_be_repeated(&self) -> bool {
        matches!(self, Self::NewDevice | Self::TokenReused)
    }

    pub(super) fn kind(&self) -> &'static str {
        match self {
            Self::PasswordChanged => "password changed",
            Self::PasswordReset => "password reset",
            Self::EmailChangeRequested { .. } => "email change requested",
            Self::EmailChanged { .. } => "email changed",
            Self::EmailIsYours => "email is yours",
            Self::NewDevice => "new device",
            Self::TokenReused => "token reused",
            Self::Disabled => "account disabled",
            Self::Closing { .. } => "account closing",
            Self::Deleted => "account deleted",
            Self::Restored => "account restored",
            Self::Recovered { .. } => "account recovered",
            Self::FactorAdded { .. } => "factor added",
            Self::FactorRemoved { .. } => "factor removed",
            Self::FactorsCleared => "factors cleared",
            Self::SecondStepMissed { .. } => "second step missed",
            Self::RecoveryCodesMade => "recovery codes made",
            Self::RecoveryCodeUsed { .. } => "recovery code used",
        }
    }
}
