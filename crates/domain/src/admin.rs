use crate::account::profile::{given, profile_fields, with_profile};
use crate::{Email, FieldError, FieldErrors, FormReason, ProfileChange, ProfileForm, Role, SEARCH_MAX, Span};
use serde::{Deserialize, Serialize};

profile_fields! { with_profile! {
    /// The fields to change. Fields you leave out stay as they are; `null` or `""` clears an optional field.
    pub struct AdminPatch {
        /// `user` or `admin`.
        #[serde(deserialize_with = "given")]
        pub role: Option<String>,
        /// Whether the user can sign in.
        pub is_active: Option<bool>,
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
    /// The new address, as typed.
    pub email: Option<Email>,
    /// The other fields.
    pub profile: ProfileChange,
}

/// Which accounts are asked for, as it stands in the address. Missing is empty, and empty is any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct UserQuery {
    /// How many to return, 1 to 100.
    pub limit: String,
    /// The `next_cursor` of the previous page. Leave it out for the first page.
    pub cursor: String,
    /// Only users whose email address, username or name contains this text. Case does not matter.
    pub q: String,
    /// Only users with this role.
    pub role: String,
    /// Only active users (`true`) or only disabled ones (`false`).
    pub is_active: String,
}

/// Which accounts are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserFilter {
    /// Which part of the list.
    pub span: Span,
    /// Part of an email address, a username or a name; every character stands for itself.
    pub term: Option<String>,
    /// What they may do.
    pub role: Option<Role>,
    /// Whether they may be used.
    pub is_active: Option<bool>,
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
        let profile = ProfileForm::from(self).check(&mut errors);
        errors.finish(Some(AdminChange { role, is_active: self.is_active, email, profile }))
    }
}

impl UserQuery {
    /// Checks every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<UserFilter, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let span = errors.span(&self.limit, &self.cursor);
        let term = errors.line("q", &self.q, SEARCH_MAX).filter(|term| !term.is_empty());
        let role = Some(self.role.as_str()).filter(|raw| !raw.is_empty()).and_then(|raw| errors.role(raw));
        let is_active = match self.is_active.as_str() {
            "" => None,
            "true" => Some(true),
            "false" => Some(false),
            _ => {
                errors.refuse("is_active", FormReason::FlagInvalid);
                None
            }
        };
        errors.finish(span.map(|span| UserFilter { span, term, role, is_active }))
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
        for key in ["password", "password_hash", "id", "email_verified", "created_at"] {
            assert!(serde_json::from_str::<AdminPatch>(&format!(r#"{{"{key}": null}}"#)).is_err(), "{key}");
        }
    }

    #[test]
    fn a_query_is_parsed_whole_or_refused_whole() {
        let query = UserQuery {
            q: " Ana_% ".into(),
            role: "user".into(),
            is_active: "false".into(),
            ..UserQuery::default()
        };
        let filter = query.parse().unwrap();
        assert_eq!(filter.term.as_deref(), Some("Ana_%"));
        assert_eq!((filter.role, filter.is_active), (Some(Role::User), Some(false)));
        let query = UserQuery {
            limit: "0".into(),
            cursor: "x".into(),
            q: "a\0".into(),
            role: "root".into(),
            is_active: "1".into(),
        };
        let fields: Vec<_> = query.parse().unwrap_err().into_iter().map(|e| e.field).collect();
        assert_eq!(fields, ["limit", "cursor", "q", "role", "is_active"]);
        assert_eq!(UserQuery::default().parse().unwrap().term, None);
    }
}
