use crate::{DeviceId, SessionId, SessionKind, Timestamp};
use serde::{Deserialize, Serialize};

/// One of your sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// The session's ID.
    pub id: SessionId,
    /// When you signed in.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Timestamp,
    /// When it ends at the latest.
    pub expires_at: Timestamp,
    /// The client's IP address when you signed in.
    pub address: String,
    /// The client's user agent when you signed in.
    pub agent: String,
    /// How the session's token is sent.
    pub kind: SessionKind,
    /// Whether it is the session that made this request.
    pub current: bool,
}

/// A browser or program that has signed in to your account before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownDeviceView {
    /// Names it.
    pub id: DeviceId,
    /// When it last signed in.
    pub last_used_at: Timestamp,
    /// Its user agent then; none where an older server stored it.
    pub agent: Option<String>,
    /// Whether it makes this request.
    pub current: bool,
    /// Until when the password alone signs in from it, where there is a second factor.
    pub trusted_until: Option<Timestamp>,
}
