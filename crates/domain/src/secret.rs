use crate::{FieldError, FieldErrors};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A password as it came over the wire, not yet checked. Serde reads and writes it; `Debug` does not show it.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct RawPassword(String);

impl RawPassword {
    /// The text, for parsing and for the browser's own input field.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl From<String> for RawPassword {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl From<&str> for RawPassword {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

impl fmt::Debug for RawPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawPassword(…)")
    }
}

/// A password of acceptable shape. Neither serde nor `Clone`: it goes to the hasher and nowhere else.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PlainPassword(String);

impl PlainPassword {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for hashing and for the strength estimate only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same where it is chosen: a new password is longer, and shorter, than what may be tried.
    ///
    /// # Errors
    /// The refused field.
    pub fn as_new(&self, field: &str, min: usize) -> Result<Self, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let chosen = errors.new_password(field, self.expose(), min);
        errors.finish(chosen)
    }
}

impl fmt::Debug for PlainPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainPassword(…)")
    }
}
