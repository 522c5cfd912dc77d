//! Lists as pages show them: the server makes every word, so the browser's build holds no table of them.

use serde::{Deserialize, Serialize};

/// One row of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Names it in the form that acts on it.
    pub id: String,
    /// The picture before it.
    pub icon: RowIcon,
    /// What it is.
    pub title: String,
    /// By whom or from where.
    pub place: String,
    /// How long ago.
    pub ago: String,
    /// The same to the minute.
    pub exact: String,
    /// The same in RFC 3339.
    pub at: String,
    /// Whether it is what the page itself is shown to.
    pub current: bool,
}

/// The picture before a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum RowIcon {
    Computer,
    Phone,
    Program,
    Warning,
}

/// Where an account is signed in, and has been.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Devices {
    /// The sessions of browsers.
    pub browsers: Vec<Row>,
    /// Those of programs.
    pub programs: Vec<Row>,
    /// What has signed in before.
    pub known: Vec<Row>,
}

/// A page of what happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Events {
    /// The newest first.
    pub rows: Vec<Row>,
    /// Whether these are the newest.
    pub newest: bool,
    /// Where older ones are.
    pub older: Option<String>,
}
