use crate::{FieldError, FieldErrors, PlainPassword, RawPassword};
use serde::{Deserialize, Serialize};

/// What a signed-in person typed to show again that the account is theirs.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfirmForm {
    /// The password.
    pub current_password: RawPassword,
    /// Where to go afterwards, as in [`crate::SignInForm`].
    pub next: String,
}

impl ConfirmForm {
    /// Checks the shape of the password.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<PlainPassword, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let password = errors.password("current_password", self.current_password.expose());
        errors.finish(password)
    }
}
