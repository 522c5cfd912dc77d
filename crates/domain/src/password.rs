use crate::{FieldError, FieldErrors, PASSWORD_MIN, PlainPassword, RawPassword};
use serde::{Deserialize, Serialize};

/// What a person typed to change the password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PasswordForm {
    /// The password so far.
    pub current_password: RawPassword,
    /// The one from now on.
    pub new_password: RawPassword,
}

/// A password change of acceptable shape.
#[derive(Debug)]
pub struct PasswordChange {
    /// The password so far.
    pub current: PlainPassword,
    /// The one from now on.
    pub new: PlainPassword,
}

impl PasswordForm {
    /// Checks the shape of both fields.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<PasswordChange, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let current = errors.password("current_password", self.current_password.expose());
        let new = errors.new_password("new_password", self.new_password.expose(), PASSWORD_MIN);
        if new.is_some() && self.current_password == self.new_password {
            errors.refuse(
                "new_password",
                "unchanged",
                "Choose a password that differs from the current one.",
            );
        }
        errors.finish(current.zip(new).map(|(current, new)| PasswordChange { current, new }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_new_password_must_be_new() {
        let same =
            PasswordForm { current_password: "correct horse".into(), new_password: "correct horse".into() };
        assert_eq!(same.parse().unwrap_err()[0].code, "unchanged");
    }
}
