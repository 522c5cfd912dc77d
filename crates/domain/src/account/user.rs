use crate::account::profile::{given, profile_fields, with_profile};
use crate::{
    Email, FieldError, FieldErrors, PlainPassword, Profile, ProfileChange, ProfileForm, RawPassword, Role,
    Timestamp, UserId,
};
use serde::{Deserialize, Serialize};

/// A user account. It never contains a password or a hash. `name` is the display name, or else the first and last name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct UserView {
    /// The user's ID, a UUID v7.
    pub id: UserId,
    /// The email address.
    pub email: String,
    /// Whether the email address has been verified.
    pub email_verified: bool,
    /// What the user filled in.
    #[serde(flatten)]
    #[cfg_attr(feature = "openapi", schema(inline))]
    pub profile: Profile,
    /// What the user may do.
    pub role: Role,
    /// Whether the user can sign in.
    pub is_active: bool,
    /// When the account is deleted, where the user has asked for it; the field is missing otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closes_at: Option<Timestamp>,
    /// When the account was created.
    pub created_at: Timestamp,
    /// When the account last changed.
    pub updated_at: Timestamp,
}

profile_fields! { with_profile! {
    /// The fields to change. Fields you leave out stay as they are; `null` or `""` clears an optional field.
    pub struct UserPatch {
        /// Your email address. It cannot be cleared.
        #[serde(deserialize_with = "given")]
        pub email: Option<String>,
        /// Your current password. Needed for a new email address if you did not sign in recently.
        pub current_password: Option<RawPassword>,
    }
} }

/// A change of one's own account, of acceptable shape.
#[derive(Debug)]
pub struct UserChange {
    /// The fields that need no proof.
    pub profile: ProfileChange,
    /// The new address, as typed.
    pub email: Option<Email>,
    /// The password, if one was given.
    pub current_password: Option<PlainPassword>,
}

/// Confirms the deletion of your account.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct DeletionForm {
    /// Your current password. Needed if you did not sign in recently.
    pub current_password: Option<RawPassword>,
}

impl UserPatch {
    /// Whether it changes the address and nothing else.
    #[must_use]
    pub fn is_only_of_email(&self) -> bool {
        self.email.is_some() && ProfileForm::from(self) == ProfileForm::default()
    }

    /// Checks the shape of every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<UserChange, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let email = self.email.as_deref().and_then(|raw| errors.email("email", raw));
        let profile = ProfileForm::from(self).check(&mut errors);
        let current_password = errors.current_password(self.current_password.as_ref());
        errors.finish(Some(UserChange { profile, email, current_password }))
    }
}

impl DeletionForm {
    /// Checks the password's shape, if there is one.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<Option<PlainPassword>, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let password = errors.current_password(self.current_password.as_ref());
        errors.finish(Some(password))
    }
}

impl FieldErrors {
    /// A password that may be left out.
    fn current_password(&mut self, raw: Option<&RawPassword>) -> Option<PlainPassword> {
        let raw = raw.filter(|raw| !raw.expose().is_empty())?;
        self.password("current_password", raw.expose())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Change;

    #[test]
    fn missing_stays_null_clears_text_sets() {
        let patch: UserPatch =
            serde_json::from_str(r#"{"name": null, "bio": "", "username": "ana", "current_password": null}"#)
                .unwrap();
        let change = patch.parse().unwrap();
        assert_eq!((change.profile.name, change.profile.bio), (Change::Clear, Change::Clear));
        assert!(matches!(change.profile.username, Change::Set(_)));
        assert_eq!(change.profile.first_name, Change::Keep);
        assert!(change.email.is_none() && change.current_password.is_none());
    }

    #[test]
    fn an_address_cannot_be_cleared_and_all_errors_come_at_once() {
        let patch: UserPatch =
            serde_json::from_str(r#"{"email": null, "username": "a b", "current_password": "a\u0000"}"#)
                .unwrap();
        let fields: Vec<_> = patch.parse().unwrap_err().into_iter().map(|e| e.field).collect();
        assert_eq!(fields, ["email", "username", "current_password"]);
    }

    /// P8: what is not a field of the patch has nowhere to go.
    #[test]
    fn nobody_writes_what_the_patch_does_not_name() {
        for key in [
            "id",
            "role",
            "is_active",
            "email_verified",
            "password",
            "password_hash",
            "email_canonical",
            "created_at",
            "updated_at",
            "Name",
            "search",
        ] {
            let body = format!(r#"{{"name": "Ana", "{key}": null}}"#);
            assert!(serde_json::from_str::<UserPatch>(&body).is_err(), "{key}");
        }
    }
}
