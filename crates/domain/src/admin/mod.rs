//! What an admin asks of the accounts of others.

mod figures;
mod users;

pub use figures::{ActiveFigure, DayCounts, DayFigures, Figures, PeopleFigures};
pub use users::{UserFilter, UserQuery, UserSort};

use crate::account::profile::{given, profile_fields, with_profile};
use crate::{Email, FieldError, FieldErrors, FormReason, ProfileChange, ProfileForm, REASON_MAX, Role};

profile_fields! { with_profile! {
    /// The fields to change. Fields you leave out stay as they are; `null` or `""` clears an optional field.
    pub struct AdminPatch {
        /// `user` or `admin`.
        #[serde(deserialize_with = "given")]
        pub role: Option<String>,
        /// Whether the user can sign in.
        pub is_active: Option<bool>,
        /// Why, where the account is disabled: up to 300 characters. The user reads it on the sign-in page, after the
        /// right password; without it the sign-in page says what it says to a wrong one.
        pub reason: Option<String>,
        /// The email address. It cannot be cleared.
        #[serde(deserialize_with = "given")]
        pub email: Option<String>,
    }
} }

/// An admin's change of an account, of acceptable shape.
#[derive(Debug)]
pub struct AdminChange {
    /// What the person may do from now on.
    pub role: Option<Role>,
    /// Whether the account may be used from now on.
    pub is_active: Option<bool>,
    /// Why not, for its owner.
    pub reason: Option<String>,
    /// The new address, as typed.
    pub email: Option<Email>,
    /// The other fields.
    pub profile: ProfileChange,
}

impl AdminPatch {
    /// Checks the shape of every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<AdminChange, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let role = self.role.as_deref().and_then(|raw| errors.role(raw));
        let email = self.email.as_deref().and_then(|raw| errors.email("email", raw));
        let reason = self.reason.as_deref().and_then(|raw| errors.lines("reason", raw, REASON_MAX));
        let reason = reason.filter(|reason| self.is_active == Some(false) && !reason.is_empty());
        let profile = ProfileForm::from(self).check(&mut errors);
        errors.finish(Some(AdminChange { role, is_active: self.is_active, reason, email, profile }))
    }
}

impl FieldErrors {
    pub(crate) fn role(&mut self, raw: &str) -> Option<Role> {
        let role = [Role::User, Role::Admin].into_iter().find(|role| role.as_str() == raw);
        if role.is_none() {
            self.refuse("role", FormReason::RoleInvalid);
        }
        role
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_names_a_known_role_and_no_password() {
        let patch: AdminPatch = serde_json::from_str(r#"{"role": "admin", "is_active": false}"#).unwrap();
        let change = patch.parse().unwrap();
        assert_eq!((change.role, change.is_active), (Some(Role::Admin), Some(false)));
        for role in ["\"root\"", "\"Admin\"", "\"\"", "null"] {
            let patch: AdminPatch = serde_json::from_str(&format!(r#"{{"role": {role}}}"#)).unwrap();
            assert_eq!(patch.parse().unwrap_err()[0].field, "role", "{role}");
        }
        let of = |json: &str| serde_json::from_str::<AdminPatch>(json).unwrap().parse();
        let disabled = of(r#"{"is_active": false, "reason": " Spam\r\nagain "}"#).unwrap();
        assert_eq!(disabled.reason.as_deref(), Some("Spam\nagain"));
        for json in [
            r#"{"is_active": false, "reason": " "}"#,
            r#"{"is_active": true, "reason": "Spam"}"#,
            r#"{"reason": null}"#,
        ] {
            assert_eq!(of(json).unwrap().reason, None, "{json}");
        }
        for (reason, code) in ["x".repeat(301), "\\u0000".to_owned()].iter().zip(["too_long", "invalid"]) {
            let refused = of(&format!(r#"{{"is_active": false, "reason": "{reason}"}}"#)).unwrap_err();
            assert_eq!((refused[0].field.as_str(), refused[0].reason.code()), ("reason", code));
        }
        for key in ["password", "password_hash", "id", "email_verified", "created_at"] {
            assert!(serde_json::from_str::<AdminPatch>(&format!(r#"{{"{key}": null}}"#)).is_err(), "{key}");
        }
    }
}
