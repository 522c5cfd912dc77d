/// One line for each kind of event: its name, and the word that the database and the API use.
macro_rules! kinds {
    ($($kind:ident $word:literal;)+) => {
        /// What the audit trail records.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum EventKind {
            $(#[doc = concat!("`", $word, "`")] $kind,)+
        }

        impl EventKind {
            /// Every kind.
            pub const ALL: &[Self] = &[$(Self::$kind,)+];

            /// The word that the database and the API use.
            #[must_use]
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)+
                }
            }
        }
    };
}

kinds! {
    AccountClosing "account_closing";
    AccountDeleted "account_deleted";
    AccountDisabled "account_disabled";
    AccountEnabled "account_enabled";
    AccountRecovered "account_recovered";
    AccountRestored "account_restored";
    AddressTaken "address_taken";
    AdminCreated "admin_created";
    BrowserTrusted "browser_trusted";
    DataExported "data_exported";
    DeviceForgotten "device_forgotten";
    EmailChangeCancelled "email_change_cancelled";
    EmailChangeRequested "email_change_requested";
    EmailChanged "email_changed";
    EmailVerified "email_verified";
    FactorAdded "factor_added";
    FactorRefused "factor_refused";
    FactorRemoved "factor_removed";
    FactorRestored "factor_restored";
    FactorsCleared "factors_cleared";
    InvitationRevoked "invitation_revoked";
    Invited "invited";
    LinkMade "link_made";
    MailGivenUp "mail_given_up";
    OtherSessionsEnded "other_sessions_ended";
    PasskeyCopied "passkey_copied";
    PasskeyRenamed "passkey_renamed";
    PasswordChangeRefused "password_change_refused";
    PasswordChanged "password_changed";
    PasswordReset "password_reset";
    PasswordResetSent "password_reset_sent";
    ProfileChanged "profile_changed";
    Reauthenticated "reauthenticated";
    ReauthenticationRefused "reauthentication_refused";
    RecoveryCodeUsed "recovery_code_used";
    RecoveryCodesMade "recovery_codes_made";
    RefreshTokenReplayed "refresh_token_replayed";
    Registered "registered";
    RoleChanged "role_changed";
    SecondStepMissed "second_step_missed";
    SessionEnded "session_ended";
    SessionsEnded "sessions_ended";
    SignInFailed "sign_in_failed";
    SignedIn "signed_in";
    SignedOut "signed_out";
    Throttled "throttled";
    UsersImported "users_imported";
}

/// How an event ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventResult {
    /// It was done.
    Ok,
    /// It was refused, and nothing was changed.
    Refused,
}

impl EventResult {
    /// The word that the database and the API use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Refused => "refused",
        }
    }
}

impl EventKind {
    /// The kind of this word; none for one that only a newer server knows.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.as_str() == word)
    }

    /// How events of this kind end.
    #[must_use]
    pub const fn result(self) -> EventResult {
        match self {
            Self::AddressTaken
            | Self::FactorRefused
            | Self::MailGivenUp
            | Self::PasskeyCopied
            | Self::PasswordChangeRefused
            | Self::ReauthenticationRefused
            | Self::RefreshTokenReplayed
            | Self::SecondStepMissed
            | Self::SignInFailed
            | Self::Throttled => EventResult::Refused,
            _ => EventResult::Ok,
        }
    }

    /// Whether an owner should look twice: something was refused, or somebody else may have tried it.
    #[must_use]
    pub const fn is_suspicious(self) -> bool {
        matches!(
            self,
            Self::AddressTaken
                | Self::FactorRefused
                | Self::PasskeyCopied
                | Self::FactorsCleared
                | Self::PasswordChangeRefused
                | Self::ReauthenticationRefused
                | Self::RecoveryCodeUsed
                | Self::RefreshTokenReplayed
                | Self::SecondStepMissed
                | Self::SignInFailed
        )
    }
}

#[cfg(test)]
mod tests {
    use super::EventKind;

    #[test]
    fn every_kind_is_read_as_it_is_written() {
        for kind in EventKind::ALL {
            assert_eq!(EventKind::of(kind.as_str()), Some(*kind));
        }
        assert_eq!(EventKind::of("of_a_newer_server"), None);
    }
}
