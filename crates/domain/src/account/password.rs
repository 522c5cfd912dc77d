use crate::{FieldError, FieldErrors, FormReason, PlainPassword, RawPassword};
use serde::{Deserialize, Serialize};

/// Your current and your new password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PasswordForm {
    /// Your current password.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub current_password: RawPassword,
    /// Your new password.
    #[cfg_attr(feature = "openapi", schema(required))]
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
    /// Checks the shape of both fields. `password_min` is the owner's setting, in code points.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self, password_min: usize) -> Result<PasswordChange, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let current = errors.password("current_password", self.current_password.expose());
        let new = errors.new_password("new_password", self.new_password.expose(), password_min);
        if new.is_some() && self.current_password == self.new_password {
            errors.refuse("new_password", FormReason::PasswordUnchanged);
        }
        errors.finish(current.zip(new).map(|(current, new)| PasswordChange { current, new }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_says_how_short_the_new_one_may_be() {
        let form = PasswordForm { current_password: "a".into(), new_password: "test123".into() };
        assert!(form.parse(7).is_ok());
        assert_eq!(form.parse(8).unwrap_err()[0].reason, FormReason::TooShort { min: 8 });
    }

    #[test]
    fn only_the_new_one_may_be_too_long() {
        let long = |length: usize| "x".repeat(length).into();
        let form = PasswordForm { current_password: long(160), new_password: long(128) };
        assert!(form.parse(8).is_ok());
        for new in [long(129), "🐎x".repeat(128).into()] {
            let form = PasswordForm { current_password: long(160), new_password: new };
            let refused: Vec<_> =
                form.parse(8).unwrap_err().into_iter().map(|e| (e.field, e.reason.code())).collect();
            assert_eq!(refused, [("new_password".to_owned(), "too_long")]);
        }
    }

    #[test]
    fn the_new_password_must_be_new() {
        let same =
            PasswordForm { current_password: "correct horse".into(), new_password: "correct horse".into() };
        assert_eq!(same.parse(8).unwrap_err()[0].reason.code(), "unchanged");
    }
}
