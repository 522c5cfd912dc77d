//! The one-time message of the page after a plain form post.

use domain::ProblemDocument;
use serde::{Deserialize, Serialize};
use std::fmt;

/// The outcome of a form that was posted without WebAssembly, shown by the page it redirected to.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Flash {
    /// The server function's path, such as `/fn/login`; empty: there is nothing to say.
    pub function: String,
    /// Why it was refused; `None` says that it worked.
    pub problem: Option<ProblemDocument>,
    /// What was typed, to be shown again: field and text. Never a password.
    pub values: Vec<(String, String)>,
    /// The version that the form was made for; empty for the current one, which the person sees beside their own text.
    pub version: String,
}

impl Flash {
    /// The flash, if it is for the form of `function`.
    #[must_use]
    pub fn of(&self, function: &str) -> Option<&Self> {
        Some(self).filter(|flash| flash.function == function)
    }

    /// What was typed in a field, or answered for it.
    #[must_use]
    pub fn value(&self, field: &str) -> Option<&str> {
        value_of(&self.values, field)
    }
}

pub(super) fn value_of<'a>(values: &'a [(String, String)], field: &str) -> Option<&'a str> {
    values.iter().find(|(name, _)| name == field).map(|(_, text)| text.as_str())
}

impl fmt::Debug for Flash {
    /// Without what was typed: a token or a code may be among it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Flash")
            .field("function", &self.function)
            .field("problem", &self.problem)
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_output_hides_what_was_typed() {
        let values = vec![("token".to_owned(), "canary".to_owned())];
        let shown = format!("{:?}", Flash { function: "/fn/verify".to_owned(), values, ..Flash::default() });
        assert!(shown.contains("/fn/verify") && !shown.contains("canary"), "{shown}");
    }
}
