use crate::{DeviceId, SessionId};
use serde::{Deserialize, Serialize};

/// Names a session that is to end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionForm {
    /// One of the caller's own.
    pub session: SessionId,
}

/// Names a known device that is to be forgotten.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeviceForm {
    /// One of the caller's own.
    pub device: DeviceId,
}
