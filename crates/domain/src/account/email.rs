use crate::{Email, FieldError, FieldErrors, PlainPassword, RawPassword};
use serde::{Deserialize, Serialize};

/// A new address, with the current password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct EmailForm {
    /// The new address.
    pub email: String,
    /// The current password; the form for another password stands on the same page.
    pub password: RawPassword,
}

/// A change of address, of acceptable shape.
#[derive(Debug)]
pub struct EmailChange {
    /// The new address, as typed.
    pub email: Email,
    /// The current password.
    pub password: PlainPassword,
}

impl EmailForm {
    /// Checks the shape of both fields.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<EmailChange, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let email = errors.email("email", &self.email);
        let password = errors.password("password", self.password.expose());
        errors.finish(email.zip(password).map(|(email, password)| EmailChange { email, password }))
    }
}

/// An account's address, as its owner sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailView {
    /// The address.
    pub email: String,
    /// Whether it was proven.
    pub verified: bool,
    /// The address that waits for its proof.
    #[serde(default)]
    pub waiting: Option<String>,
    /// Whether the site sends mail: without it, nothing is proven.
    pub sends_mail: bool,
}
