use crate::{SessionId, SessionKind, Timestamp};
use serde::{Deserialize, Serialize};

/// One sign-in on one device, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct SessionView {
    /// Its id.
    pub id: SessionId,
    /// When it began.
    pub created_at: Timestamp,
    /// When it was last seen, to the minute.
    pub last_used_at: Timestamp,
    /// When it ends, used or not.
    pub expires_at: Timestamp,
    /// The client's address at the sign-in.
    pub address: String,
    /// The client's `User-Agent` at the sign-in.
    pub agent: String,
    /// What carries its token.
    pub kind: SessionKind,
    /// Whether this request came in it.
    pub current: bool,
}
