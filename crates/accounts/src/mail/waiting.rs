use super::notice::NoticeMail;
use crate::one_time::PendingAccount;
use domain::{Role, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// What a mail is about, as it waits in the outbox, encrypted.
#[derive(Clone, Serialize, Deserialize)]
#[serde(tag = "mail", rename_all = "snake_case")]
pub(crate) enum Mail {
    /// Somebody asked for a reset of whatever account has this canonical address.
    ResetAsked { email: String },
    /// An admin sends an account its reset.
    Reset { user: UserId },
    /// Somebody asked for a code to sign in with by this canonical name, from a known device or not; or to show in a
    /// session that the account is theirs.
    SignInCodeAsked {
        name: String,
        known_device: bool,
        #[serde(default)]
        confirms: bool,
    },
    /// Somebody asked for the proof of this canonical address again.
    VerifyAsked { email: String },
    /// An account was made: its address is to be proven.
    Verify { user: UserId },
    /// Somebody wants this account, once its address is proven.
    SignUpAsked { email: String, account: Box<PendingAccount> },
    /// An operator invites somebody.
    Invited { token: Uuid, role: Role },
    /// An account shall have another address, which is to be proven.
    ConfirmNewEmail { token: Uuid },
    /// An account that its owner deleted ends soon (seconds since 1970).
    ClosesSoon { user: UserId, closes_at: i64 },
    /// Something happened to an account.
    Notice(NoticeMail),
}

impl Mail {
    /// What operators see of it.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::ResetAsked { .. } | Self::Reset { .. } => "reset",
            Self::SignInCodeAsked { .. } => "sign-in",
            Self::VerifyAsked { .. } | Self::Verify { .. } => "verify",
            Self::SignUpAsked { .. } => "sign-up",
            Self::Invited { .. } => "invite",
            Self::ConfirmNewEmail { .. } => "confirm new email",
            Self::ClosesSoon { .. } => "account closes soon",
            Self::Notice(mail) => mail.notice.kind(),
        }
    }

    /// The token that it carries, where that exists already: if it goes, so does the mail.
    pub(super) fn token(&self) -> Option<Uuid> {
        match self {
            Self::Invited { token, .. } | Self::ConfirmNewEmail { token } => Some(*token),
            Self::Notice(mail) => mail.token,
            _ => None,
        }
    }

    /// Whose account it goes with, where it waits for days.
    pub(super) fn user(&self) -> Option<UserId> {
        if let Self::ClosesSoon { user, .. } = self { Some(*user) } else { None }
    }
}
