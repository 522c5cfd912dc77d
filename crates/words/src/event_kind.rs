use crate::{event, event_of_none};
use domain::EventKind;

/// What happened to an account, as its owner reads it.
#[must_use]
pub fn what_happened(kind: EventKind) -> &'static str {
    match kind {
        EventKind::AccountClosing => event::account_closing(),
        EventKind::AccountDeleted => event::account_deleted(),
        EventKind::AccountDisabled => event::account_disabled(),
        EventKind::AccountEnabled => event::account_enabled(),
        EventKind::AccountRecovered => event::account_recovered(),
        EventKind::AccountRestored => event::account_restored(),
        EventKind::AddressTaken => event::address_taken(),
        EventKind::AdminCreated => event::admin_created(),
        EventKind::BrowserTrusted => event::browser_trusted(),
        EventKind::DataExported => event::data_exported(),
        EventKind::DeviceForgotten => event::device_forgotten(),
        EventKind::EmailChangeCancelled => event::email_change_cancelled(),
        EventKind::EmailChangeRequested => event::email_change_requested(),
        EventKind::EmailChanged => event::email_changed(),
        EventKind::EmailVerified => event::email_verified(),
        EventKind::FactorAdded => event::factor_added(),
        EventKind::FactorRefused => event::factor_refused(),
        EventKind::FactorRemoved => event::factor_removed(),
        EventKind::FactorRestored => event::factor_restored(),
        EventKind::FactorsCleared => event::factors_cleared(),
        EventKind::LinkMade => event::link_made(),
        EventKind::OtherSessionsEnded => event::other_sessions_ended(),
        EventKind::PasskeyCopied => event::passkey_copied(),
        EventKind::PasskeyRenamed => event::passkey_renamed(),
        EventKind::PasswordChangeRefused => event::password_change_refused(),
        EventKind::PasswordChanged => event::password_changed(),
        EventKind::PasswordReset => event::password_reset(),
        EventKind::PasswordResetSent => event::password_reset_sent(),
        EventKind::ProfileChanged => event::profile_changed(),
        EventKind::Reauthenticated => event::reauthenticated(),
        EventKind::ReauthenticationRefused => event::reauthentication_refused(),
        EventKind::RecoveryCodeUsed => event::recovery_code_used(),
        EventKind::RecoveryCodesMade => event::recovery_codes_made(),
        EventKind::RefreshTokenReplayed => event::refresh_token_replayed(),
        EventKind::Registered => event::registered(),
        EventKind::RoleChanged => event::role_changed(),
        EventKind::SecondStepMissed => event::second_step_missed(),
        EventKind::SessionEnded => event::session_ended(),
        EventKind::SessionsEnded => event::sessions_ended(),
        EventKind::SignInFailed => event::sign_in_failed(),
        EventKind::SignedIn => event::signed_in(),
        EventKind::SignedOut => event::signed_out(),
        // These concern no account.
        EventKind::InvitationRevoked
        | EventKind::Invited
        | EventKind::MailGivenUp
        | EventKind::Throttled
        | EventKind::UsersImported => event::other(),
    }
}

/// The same for admins, who also read what concerns no account.
#[must_use]
pub fn what_was_recorded(kind: EventKind) -> &'static str {
    match kind {
        EventKind::InvitationRevoked => event_of_none::invitation_revoked(),
        EventKind::Invited => event_of_none::invited(),
        EventKind::MailGivenUp => event_of_none::mail_given_up(),
        EventKind::Throttled => event_of_none::throttled(),
        EventKind::UsersImported => event_of_none::users_imported(),
        of_an_account => what_happened(of_an_account),
    }
}
