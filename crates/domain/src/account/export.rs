//! What a person's export holds: one JSON document.

use crate::{SessionId, SessionKind, Timestamp, UserView};
use serde::Serialize;
use uuid::Uuid;

/// The shape's version; another shape gets another one.
pub const EXPORT_VERSION: u8 = 1;

/// Everything that is kept about you. It holds no password, no hash and no other account; from where strangers tried to get
/// into yours is in it.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AccountExport {
    /// The version of this shape.
    pub version: u8,
    /// When the export was made.
    pub exported_at: Timestamp,
    /// Your account.
    pub account: UserView,
    /// Your sessions, open and ended, the oldest first.
    pub sessions: Vec<ExportedSession>,
    /// The browsers and programs that you are known to use.
    pub known_devices: Vec<ExportedDevice>,
    /// The network that you last signed in from.
    pub known_networks: Vec<LastUse>,
    /// Your passkeys, in the order in which you added them.
    pub passkeys: Vec<ExportedPasskey>,
    /// The authenticator app that you sign in with, if you have set one up.
    pub authenticator_apps: Vec<ExportedApp>,
    /// The links and codes that were mailed to you, the oldest first.
    pub mailed_links: Vec<ExportedLink>,
    /// What happened to your account, the newest first.
    pub activity: Vec<ExportedEvent>,
    /// What you did to other accounts, and to the site, the newest first.
    pub acts: Vec<ExportedAct>,
}

/// A session.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedSession {
    /// The session's ID.
    pub id: SessionId,
    /// Who uses it; null for a kind that this version does not know.
    pub kind: Option<SessionKind>,
    /// Whether it outlives the browser.
    pub persistent: bool,
    /// What you proved in it.
    pub factors: Vec<ExportedProof>,
    /// When you signed in.
    pub authenticated_at: Timestamp,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it was last used.
    pub last_used_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
    /// When it was ended.
    pub ended_at: Option<Timestamp>,
    /// The IP address of the sign-in.
    pub address: String,
    /// The user agent of the sign-in.
    pub agent: String,
}

/// A factor that was proven.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedProof {
    /// Which, as RFC 8176 names it.
    pub factor: &'static str,
    /// When it was proven.
    pub at: Timestamp,
}

/// A browser or program that you are known to use.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedDevice {
    /// The user agent of its last sign-in.
    pub agent: Option<String>,
    /// When it last signed in.
    pub last_used_at: Timestamp,
    /// Until when the password alone signs in from it.
    pub trusted_until: Option<Timestamp>,
}

/// A passkey, without its key.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedPasskey {
    /// What you call it.
    pub name: String,
    /// Which kind of authenticator says to have made it; nobody checks that.
    pub aaguid: Uuid,
    /// Whether there is a copy of it, such as in your cloud.
    pub backed_up: bool,
    /// When you added it.
    pub added_at: Timestamp,
    /// When you last used it.
    pub last_used_at: Option<Timestamp>,
}

/// An authenticator app, without its secret.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedApp {
    /// When you set it up.
    pub added_at: Timestamp,
    /// When you last used a code of it.
    pub last_used_at: Timestamp,
}

/// Something that is known only by a hash.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct LastUse {
    /// When it was last used.
    pub last_used_at: Timestamp,
}

/// A link or a code that was mailed, without its secret.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedLink {
    /// What it was for, such as `reset`.
    pub purpose: String,
    /// Where the email went.
    pub email: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// When the email was sent.
    pub sent_at: Option<Timestamp>,
    /// When it ends.
    pub expires_at: Timestamp,
    /// When it was used.
    pub used_at: Option<Timestamp>,
}

/// Something that happened to your account.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedEvent {
    /// The event's ID.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, such as `signed_in`.
    pub kind: String,
    /// How it ended: `ok` or `refused`.
    pub result: String,
    /// Whether an admin did it. Where they did it from is not yours.
    pub by_admin: bool,
    /// The client's IP address.
    pub address: Option<String>,
    /// The client's user agent.
    pub agent: Option<String>,
    /// The session it happened in.
    pub session: Option<SessionId>,
    /// What else is recorded; it depends on the kind.
    pub detail: serde_json::Value,
}

/// Something that you did to another account, or to none. Whose account it was is not yours.
#[derive(Debug, Clone, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ExportedAct {
    /// The event's ID.
    pub id: Uuid,
    /// When you did it.
    pub at: Timestamp,
    /// What you did, such as `account_disabled`.
    pub kind: String,
    /// How it ended: `ok` or `refused`.
    pub result: String,
    /// Your IP address then.
    pub address: Option<String>,
    /// Your user agent then.
    pub agent: Option<String>,
    /// The session you did it in.
    pub session: Option<SessionId>,
    /// What else is recorded; it depends on the kind.
    pub detail: serde_json::Value,
}
