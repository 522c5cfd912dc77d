use serde::{Deserialize, Serialize};

/// What the page about leaving shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeaveView {
    /// For how many days a deleted account can be restored.
    pub grace_days: u16,
    /// Whether its owner could sign in to restore it.
    pub way_back: bool,
    /// What is kept about the person.
    pub kept: Vec<KeptView>,
    /// The version of the account, which the deletion's form sends along.
    pub version: String,
}

/// Something that is kept about a person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeptView {
    /// What.
    pub what: String,
    /// For how long.
    pub until: String,
    /// Why.
    pub why: String,
}

/// What a person typed to delete their account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LeaveForm {
    /// Their email address, where they cannot undo the deletion.
    pub email: String,
}
