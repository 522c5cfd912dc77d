//! The audit trail: what is recorded, and who reads it.

mod activity;

use crate::{Accounts, Error, RequestCtx, rng};
use domain::{Role, SessionId, UserId};
use serde_json::json;
use store::{Tx, audit};

/// The events of the audit trail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event {
    Registered,
    SignedIn { session: SessionId },
    SignInFailed,
    SignedOut,
    RefreshReplayed { session: SessionId },
    ProfileChanged,
    PasswordChanged { session: SessionId, ended_sessions: u64 },
    PasswordChangeRefused,
    AdminCreated,
    Throttled,
    EmailChanged,
    AddressTaken,
    ReauthenticationRefused,
    SessionEnded { session: SessionId },
    OtherSessionsEnded { ended_sessions: u64 },
    SessionsEnded { ended_sessions: u64 },
    RoleChanged { role: Role, ended_sessions: u64 },
    Disabled { ended_sessions: u64 },
    Enabled,
    AccountDeleted { ended_sessions: u64 },
    UsersImported { made: u64, lines: (u64, u64) },
    PasswordReset { ended_sessions: u64 },
    PasswordResetSent,
    EmailVerified,
    MailGivenUp { mail: &'static str },
    Invited { role: Role },
    InvitationRevoked,
    LinkMade { purpose: &'static str },
    EmailChangeRequested,
    EmailChangeCancelled,
    AccountRecovered { ended_sessions: u64, address: &'static str },
}

impl Event {
    fn kind(self) -> &'static str {
        match self {
            Self::Registered => "registered",
            Self::SignedIn { .. } => "signed_in",
            Self::SignInFailed => "sign_in_failed",
            Self::SignedOut => "signed_out",
            Self::RefreshReplayed { .. } => "refresh_token_replayed",
            Self::ProfileChanged => "profile_changed",
            Self::PasswordChanged { .. } => "password_changed",
            Self::PasswordChangeRefused => "password_change_refused",
            Self::AdminCreated => "admin_created",
            Self::Throttled => "throttled",
            Self::EmailChanged => "email_changed",
            Self::AddressTaken => "address_taken",
            Self::ReauthenticationRefused => "reauthentication_refused",
            Self::SessionEnded { .. } => "session_ended",
            Self::OtherSessionsEnded { .. } => "other_sessions_ended",
            Self::SessionsEnded { .. } => "sessions_ended",
            Self::RoleChanged { .. } => "role_changed",
            Self::Disabled { .. } => "account_disabled",
            Self::Enabled => "account_enabled",
            Self::AccountDeleted { .. } => "account_deleted",
            Self::UsersImported { .. } => "users_imported",
            Self::PasswordReset { .. } => "password_reset",
            Self::PasswordResetSent => "password_reset_sent",
            Self::EmailVerified => "email_verified",
            Self::MailGivenUp { .. } => "mail_given_up",
            Self::Invited { .. } => "invited",
            Self::InvitationRevoked => "invitation_revoked",
            Self::LinkMade { .. } => "link_made",
            Self::EmailChangeRequested => "email_change_requested",
            Self::EmailChangeCancelled => "email_change_cancelled",
            Self::AccountRecovered { .. } => "account_recovered",
        }
    }

    fn detail(self) -> serde_json::Value {
        match self {
            Self::SignedIn { session } => json!({ "opened": session }),
            Self::RefreshReplayed { session } | Self::SessionEnded { session } => {
                json!({ "ended": session })
            }
            Self::PasswordChanged { session, ended_sessions } => {
                json!({ "opened": session, "ended_sessions": ended_sessions })
            }
            Self::RoleChanged { role, ended_sessions } => {
                json!({ "role": role, "ended_sessions": ended_sessions })
            }
            Self::OtherSessionsEnded { ended_sessions }
            | Self::SessionsEnded { ended_sessions }
            | Self::Disabled { ended_sessions }
            | Self::PasswordReset { ended_sessions }
            | Self::AccountDeleted { ended_sessions } => json!({ "ended_sessions": ended_sessions }),
            Self::UsersImported { made, lines: (first, last) } => {
                json!({ "made": made, "first_line": first, "last_line": last })
            }
            Self::MailGivenUp { mail } => json!({ "mail": mail }),
            Self::Invited { role } => json!({ "role": role }),
            Self::LinkMade { purpose } => json!({ "purpose": purpose }),
            Self::AccountRecovered { ended_sessions, address } => {
                json!({ "ended_sessions": ended_sessions, "address": address })
            }
            _ => json!({}),
        }
    }
}

impl Accounts {
    /// Writes an event, in the transaction of the change that it records.
    pub(crate) async fn audit(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        subject: Option<UserId>,
        event: Event,
    ) -> Result<(), Error> {
        let member = ctx.signed_in().ok();
        let row = audit::Event {
            id: rng::uuid(self.inner.rng.as_ref(), ctx.now),
            at: ctx.now,
            kind: event.kind(),
            actor: member.map(|member| member.user),
            subject,
            session: member.map(|member| member.session),
            address: Some(&ctx.client.address.to_string()),
            agent: Some(&ctx.client.agent),
            request_id: &ctx.request_id,
            detail: event.detail(),
        };
        Ok(audit::insert(tx, &row).await?)
    }
}
