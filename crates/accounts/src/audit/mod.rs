//! The audit trail: what is recorded, and who reads it.

mod activity;
mod chain;
mod details;
mod file;
mod search;

pub use chain::{Finding, Seal, Verified};
pub use file::{AuditFile, AuditFormat};
pub use search::begin_of_day;

pub(crate) use activity::for_its_person;

use crate::view::timestamp;
use crate::{Accounts, Error, RequestCtx, rng};
use domain::{EventKind, Factor, PasskeyId, Role, SessionId, UserId};
use serde_json::json;
use store::{Tx, audit};
use time::{Duration, OffsetDateTime};

/// The events of the audit trail.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Event<'a> {
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
    Reauthenticated { session: SessionId },
    ReauthenticationRefused,
    SessionEnded { session: SessionId },
    OtherSessionsEnded { ended_sessions: u64 },
    SessionsEnded { ended_sessions: u64 },
    BrowserTrusted,
    DataExported,
    DeviceForgotten,
    FactorAdded { factor: Factor, passkey: Option<OfPasskey<'a>>, ended_sessions: u64 },
    FactorRemoved { factor: Factor, passkey: Option<OfPasskey<'a>>, ended_sessions: u64 },
    FactorRestored { factor: Factor, passkey: Option<OfPasskey<'a>> },
    FactorRefused { at: FactorAt },
    SecondStepMissed { begun_at: OffsetDateTime },
    PasskeyCopied { passkey: PasskeyId, stored: u32, sent: u32 },
    PasskeyRenamed { passkey: OfPasskey<'a>, before: &'a str },
    FactorsCleared { ended_sessions: u64, reason: Option<&'a str> },
    RecoveryCodesMade,
    RecoveryCodeUsed { left: i64 },
    RoleChanged { role: Role, ended_sessions: u64 },
    Disabled { ended_sessions: u64, reason: Option<&'a str> },
    Enabled,
    AccountClosing { ended_sessions: u64, closes_at: OffsetDateTime },
    AccountRestored,
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

/// A passkey, as its owner calls it at that moment.
#[derive(Debug, Clone, Copy)]
pub(crate) struct OfPasskey<'a> {
    pub(crate) id: PasskeyId,
    pub(crate) name: &'a str,
}

fn of_factor(
    factor: Factor,
    passkey: Option<OfPasskey<'_>>,
    mut detail: serde_json::Value,
) -> serde_json::Value {
    detail["factor"] = factor.as_str().into();
    if let Some(OfPasskey { id, name }) = passkey {
        detail["id"] = json!(id);
        detail["name"] = name.into();
    }
    detail
}

/// What a second factor was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FactorAt {
    SignIn,
    StepUp,
}

impl FactorAt {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::StepUp => "step_up",
        }
    }
}

impl Event<'_> {
    fn kind(self) -> EventKind {
        match self {
            Self::Registered => EventKind::Registered,
            Self::SignedIn { .. } => EventKind::SignedIn,
            Self::SignInFailed => EventKind::SignInFailed,
            Self::SignedOut => EventKind::SignedOut,
            Self::RefreshReplayed { .. } => EventKind::RefreshTokenReplayed,
            Self::ProfileChanged => EventKind::ProfileChanged,
            Self::PasswordChanged { .. } => EventKind::PasswordChanged,
            Self::PasswordChangeRefused => EventKind::PasswordChangeRefused,
            Self::AdminCreated => EventKind::AdminCreated,
            Self::Throttled => EventKind::Throttled,
            Self::EmailChanged => EventKind::EmailChanged,
            Self::AddressTaken => EventKind::AddressTaken,
            Self::Reauthenticated { .. } => EventKind::Reauthenticated,
            Self::ReauthenticationRefused => EventKind::ReauthenticationRefused,
            Self::SessionEnded { .. } => EventKind::SessionEnded,
            Self::OtherSessionsEnded { .. } => EventKind::OtherSessionsEnded,
            Self::SessionsEnded { .. } => EventKind::SessionsEnded,
            Self::BrowserTrusted => EventKind::BrowserTrusted,
            Self::DataExported => EventKind::DataExported,
            Self::DeviceForgotten => EventKind::DeviceForgotten,
            Self::FactorAdded { .. } => EventKind::FactorAdded,
            Self::FactorRemoved { .. } => EventKind::FactorRemoved,
            Self::FactorRestored { .. } => EventKind::FactorRestored,
            Self::FactorRefused { .. } => EventKind::FactorRefused,
            Self::SecondStepMissed { .. } => EventKind::SecondStepMissed,
            Self::PasskeyCopied { .. } => EventKind::PasskeyCopied,
            Self::PasskeyRenamed { .. } => EventKind::PasskeyRenamed,
            Self::FactorsCleared { .. } => EventKind::FactorsCleared,
            Self::RecoveryCodesMade => EventKind::RecoveryCodesMade,
            Self::RecoveryCodeUsed { .. } => EventKind::RecoveryCodeUsed,
            Self::RoleChanged { .. } => EventKind::RoleChanged,
            Self::Disabled { .. } => EventKind::AccountDisabled,
            Self::Enabled => EventKind::AccountEnabled,
            Self::AccountClosing { .. } => EventKind::AccountClosing,
            Self::AccountRestored => EventKind::AccountRestored,
            Self::AccountDeleted { .. } => EventKind::AccountDeleted,
            Self::UsersImported { .. } => EventKind::UsersImported,
            Self::PasswordReset { .. } => EventKind::PasswordReset,
            Self::PasswordResetSent => EventKind::PasswordResetSent,
            Self::EmailVerified => EventKind::EmailVerified,
            Self::MailGivenUp { .. } => EventKind::MailGivenUp,
            Self::Invited { .. } => EventKind::Invited,
            Self::InvitationRevoked => EventKind::InvitationRevoked,
            Self::LinkMade { .. } => EventKind::LinkMade,
            Self::EmailChangeRequested => EventKind::EmailChangeRequested,
            Self::EmailChangeCancelled => EventKind::EmailChangeCancelled,
            Self::AccountRecovered { .. } => EventKind::AccountRecovered,
        }
    }

    fn detail(self) -> serde_json::Value {
        match self {
            Self::SignedIn { session } | Self::Reauthenticated { session } => json!({ "opened": session }),
            Self::RefreshReplayed { session } | Self::SessionEnded { session } => {
                json!({ "ended": session })
            }
            Self::PasswordChanged { session, ended_sessions } => {
                json!({ "opened": session, "ended_sessions": ended_sessions })
            }
            Self::FactorAdded { factor, passkey, ended_sessions }
            | Self::FactorRemoved { factor, passkey, ended_sessions } => {
                of_factor(factor, passkey, json!({ "ended_sessions": ended_sessions }))
            }
            Self::FactorRestored { factor, passkey } => of_factor(factor, passkey, json!({})),
            Self::FactorRefused { at } => json!({ "at": at.as_str() }),
            Self::SecondStepMissed { begun_at } => json!({ "begun_at": timestamp(begun_at) }),
            Self::PasskeyCopied { passkey, stored, sent } => {
                json!({ "id": passkey, "stored": stored, "sent": sent })
            }
            Self::PasskeyRenamed { passkey: OfPasskey { id, name }, before } => {
                json!({ "id": id, "name": name, "before": before })
            }
            Self::RecoveryCodeUsed { left } => json!({ "left": left }),
            Self::RoleChanged { role, ended_sessions } => {
                json!({ "role": role, "ended_sessions": ended_sessions })
            }
            Self::OtherSessionsEnded { ended_sessions }
            | Self::SessionsEnded { ended_sessions }
            | Self::Disabled { ended_sessions, reason: None }
            | Self::FactorsCleared { ended_sessions, reason: None }
            | Self::PasswordReset { ended_sessions }
            | Self::AccountDeleted { ended_sessions } => json!({ "ended_sessions": ended_sessions }),
            Self::Disabled { ended_sessions, reason: Some(reason) }
            | Self::FactorsCleared { ended_sessions, reason: Some(reason) } => {
                json!({ "ended_sessions": ended_sessions, "reason": reason })
            }
            Self::AccountClosing { ended_sessions, closes_at } => {
                json!({ "ended_sessions": ended_sessions, "closes_at": timestamp(closes_at) })
            }
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

/// How far a run that takes long may date its events back: what is sealed is looked for by time.
const DATED_BACK: Duration = Duration::MINUTE;

impl Accounts {
    /// Writes an event, in the transaction of the change that it records.
    pub(crate) async fn audit(
        &self,
        tx: &mut Tx,
        ctx: &RequestCtx,
        subject: Option<UserId>,
        event: Event<'_>,
    ) -> Result<(), Error> {
        let member = ctx.signed_in().ok();
        let (kind, rng) = (event.kind(), self.inner.rng.as_ref());
        let at = ctx.now.max(self.now() - DATED_BACK);
        let row = audit::Event {
            id: self.inner.event_ids.next(rng, at),
            at,
            kind: kind.as_str(),
            result: kind.result(),
            actor: member.map(|member| member.user),
            subject,
            session: member.map(|member| member.session),
            address: Some(&ctx.client.address.to_string()),
            agent: Some(&ctx.client.agent),
            request_id: &ctx.request_id,
            detail: event.detail(),
            salt: rng::bytes(rng),
        };
        audit::insert(tx, &row).await?;
        self.inner.tally.recorded(kind);
        Ok(())
    }
}
