use crate::Code;
use serde::{Deserialize, Serialize};
use std::fmt;

/// A field that was refused, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = FieldError))]
pub struct FieldMessage {
    /// The field's name.
    pub field: String,
    /// The reason, stable and machine-readable.
    pub code: String,
    /// What to do about it.
    pub message: String,
}

/// Why a request failed: a problem document (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[cfg_attr(feature = "openapi", schema(as = Problem))]
pub struct ProblemDocument {
    /// `about:blank`: the code carries the meaning (RFC 9457 section 4.2.1).
    #[serde(rename = "type")]
    pub kind: String,
    /// A short summary.
    pub title: String,
    /// The HTTP status code.
    pub status: u16,
    /// What happened and what to do next.
    pub detail: String,
    /// The reason, stable and machine-readable.
    pub code: Code,
    /// Every field that was refused.
    #[serde(default)]
    pub errors: Vec<FieldMessage>,
    /// Seconds to wait before trying again, if waiting helps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_after: Option<u32>,
}

impl ProblemDocument {
    /// A problem with its sentences, and no field refused.
    #[must_use]
    pub fn new(code: Code, title: &str, detail: &str) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            title: title.to_owned(),
            status: code.status(),
            detail: detail.to_owned(),
            code,
            errors: Vec::new(),
            retry_after: code.retry_after(),
        }
    }

    /// The words for `field`, if it was refused.
    #[must_use]
    pub fn field(&self, field: &str) -> Option<&str> {
        self.errors.iter().find(|error| error.field == field).map(|error| error.message.as_str())
    }
}

impl fmt::Display for ProblemDocument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for ProblemDocument {}
