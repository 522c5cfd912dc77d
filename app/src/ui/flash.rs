//! What the page after a plain form post has to say, once.

use domain::ProblemDocument;
use serde::{Deserialize, Serialize};

/// The outcome of a form that was posted without WebAssembly, shown by the page it redirected to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Flash {
    /// The server function's path, such as `/fn/login`; empty: there is nothing to say.
    pub function: String,
    /// Why it was refused; `None` says that it worked.
    pub problem: Option<ProblemDocument>,
    /// What was typed, to be shown again: field and text. Never a password.
    pub values: Vec<(String, String)>,
    /// Which version of what the form changes it was made for; empty: the one that is there now, which the
    /// person is shown beside their own text.
    pub version: String,
}

impl Flash {
    /// What is here for the form of `function`.
    #[must_use]
    pub fn of(&self, function: &str) -> Option<&Self> {
        Some(self).filter(|flash| flash.function == function)
    }
}
