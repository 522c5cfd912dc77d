use super::presented::Presented;
use crate::{FieldError, FieldErrors, PlainPassword, Profile, ProfileForm, RawPassword, RawSecret};
use serde::{Deserialize, Serialize};

/// What somebody who was invited types, and what the mail brought: its link's token, or the address and the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct InvitationForm {
    /// The token of the link; empty where the code was typed.
    pub token: RawSecret,
    /// The address that the mail went to.
    pub email: String,
    /// The code of the mail.
    pub code: RawSecret,
    /// The display name, optional.
    pub name: String,
    /// The password of the new account.
    pub password: RawPassword,
}

/// An accepted invitation of acceptable shape.
#[derive(Debug)]
pub struct Invitation {
    /// What the mail brought.
    pub presented: Presented,
    /// What else was filled in.
    pub profile: Profile,
    /// The password of the new account.
    pub password: PlainPassword,
}

impl InvitationForm {
    /// Checks the shape of every field. `password_min` is the owner's setting, in code points.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self, password_min: usize) -> Result<Invitation, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let presented = errors.presented(&self.token, &self.email, &self.code);
        let profile = ProfileForm { name: Some(self.name.clone()), ..ProfileForm::default() };
        let profile = profile.check(&mut errors).into();
        let password = errors.new_password("password", self.password.expose(), password_min);
        errors.finish(presented.zip(password).map(|(presented, password)| Invitation {
            presented,
            profile,
            password,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PASSWORD_MIN;

    #[test]
    fn every_refused_field_is_named() {
        let form = InvitationForm { name: "x".repeat(101), ..InvitationForm::default() };
        let refused = form.parse(PASSWORD_MIN).unwrap_err();
        let refused: Vec<_> =
            refused.iter().map(|error| (error.field.as_str(), error.reason.code())).collect();
        assert_eq!(
            refused,
            [("email", "required"), ("code", "required"), ("name", "too_long"), ("password", "required")]
        );
        let form = InvitationForm { token: "x".into(), password: "correct horse".into(), ..form };
        assert_eq!(form.parse(PASSWORD_MIN).unwrap_err().len(), 1);
    }
}
