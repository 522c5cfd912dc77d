use crate::{Email, FieldError, FieldErrors, PlainPassword, Profile, ProfileForm, RawPassword, RawSecret};
use serde::{Deserialize, Serialize};

/// What a person typed to sign up. Missing fields are empty; unknown ones are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RegistrationForm {
    /// The email address.
    pub email: String,
    /// The new password.
    pub password: RawPassword,
    /// A username to sign in with, optional.
    pub username: String,
    /// The display name, optional.
    pub name: String,
    /// Optional.
    pub first_name: String,
    /// Optional.
    pub last_name: String,
    /// Where to go afterwards; a path of ours (see [`crate::safe_next`]), else it is ignored.
    pub next: String,
    /// Tells this form from all others, and nobody types it: a form that is sent again is recognised by it.
    pub nonce: RawSecret,
}

/// A new account. Optional fields may be `null` or left out.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct NewAccount {
    /// The email address.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub email: String,
    /// The password.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub password: RawPassword,
    /// A username to sign in with.
    pub username: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
}

impl From<NewAccount> for RegistrationForm {
    fn from(account: NewAccount) -> Self {
        let NewAccount { email, password, username, name, first_name, last_name } = account;
        let [username, name, first_name, last_name] =
            [username, name, first_name, last_name].map(Option::unwrap_or_default);
        Self { email, password, username, name, first_name, last_name, ..Self::default() }
    }
}

/// A sign-up of acceptable shape.
#[derive(Debug)]
pub struct Registration {
    /// The email address, as typed.
    pub email: Email,
    /// The new password.
    pub password: PlainPassword,
    /// What else was filled in.
    pub profile: Profile,
}

impl RegistrationForm {
    /// Checks the shape of every field. `password_min` is the owner's setting, in code points.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self, password_min: usize) -> Result<Registration, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let email = errors.email("email", &self.email);
        let password = errors.new_password("password", self.password.expose(), password_min);
        let profile = ProfileForm {
            username: Some(self.username.clone()),
            name: Some(self.name.clone()),
            first_name: Some(self.first_name.clone()),
            last_name: Some(self.last_name.clone()),
            ..ProfileForm::default()
        };
        let profile = profile.check(&mut errors).into();
        errors.finish(email.zip(password).map(|(email, password)| Registration { email, password, profile }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{FormReason, PASSWORD_MIN};

    fn form(email: &str, password: &str) -> RegistrationForm {
        RegistrationForm { email: email.into(), password: password.into(), ..RegistrationForm::default() }
    }

    fn codes(form: &RegistrationForm) -> Vec<(String, String)> {
        form.parse(PASSWORD_MIN)
            .unwrap_err()
            .into_iter()
            .map(|e| (e.field, e.reason.code().to_owned()))
            .collect()
    }

    #[test]
    fn names_every_refused_field_at_once() {
        let mut form = form("", "");
        form.username = "a b".into();
        form.name = "x".repeat(101);
        let expected =
            [("email", "required"), ("password", "required"), ("username", "invalid"), ("name", "too_long")];
        assert_eq!(codes(&form), expected.map(|(f, c)| (f.to_owned(), c.to_owned())));
    }

    #[test]
    fn an_address_has_one_at_sign_and_nothing_invisible() {
        for bad in
            ["ana", "@b", "a@", "a@b@c", "a b@c", "a\0@b", "\"ana\"@b", "a,b@c", "<a@b>", "a\u{200b}\n@b"]
        {
            assert_eq!(
                codes(&form(bad, "correct horse")),
                [("email".to_owned(), "invalid".to_owned())],
                "{bad:?}"
            );
        }
        assert_eq!(
            form(" ana@example.com ", "correct horse").parse(PASSWORD_MIN).unwrap().email.as_str(),
            "ana@example.com"
        );
        let long = format!("{}@example.com", "a".repeat(243));
        assert_eq!(codes(&form(&long, "correct horse")), [("email".to_owned(), "too_long".to_owned())]);
    }

    #[test]
    fn a_password_is_counted_in_code_points_and_never_cut() {
        assert!(form("a@b", &"ü".repeat(8)).parse(PASSWORD_MIN).is_ok());
        assert_eq!(codes(&form("a@b", &"ü".repeat(7))), [("password".to_owned(), "too_short".to_owned())]);
        assert!(form("a@b", &"🚪".repeat(128)).parse(PASSWORD_MIN).is_ok());
        assert_eq!(codes(&form("a@b", &"a".repeat(129))), [("password".to_owned(), "too_long".to_owned())]);
        let secret = form("a@b", " spaces stay ").parse(PASSWORD_MIN).unwrap();
        assert_eq!(secret.password.expose(), " spaces stay ");
    }

    #[test]
    fn the_owner_says_how_short_a_password_may_be() {
        for (min, length, taken) in
            [(7, 7, true), (7, 6, false), (8, 7, false), (40, 39, false), (40, 40, true)]
        {
            assert_eq!(form("a@b", &"a".repeat(length)).parse(min).is_ok(), taken, "{length} of {min}");
        }
        let refusal = form("a@b", "short").parse(40).unwrap_err();
        assert_eq!(refusal[0].reason, FormReason::TooShort { min: 40 });
        assert_eq!(form("a@b", "").parse(0).unwrap_err()[0].reason.code(), "required");
    }

    #[test]
    fn empty_optional_fields_are_none() {
        let parsed = form("a@b", "correct horse").parse(PASSWORD_MIN).unwrap();
        assert!(parsed.profile == Profile::default());
    }

    #[test]
    fn unknown_fields_are_refused() {
        let body = r#"{"email":"a@b","password":"x","role":"admin"}"#;
        assert!(serde_json::from_str::<RegistrationForm>(body).is_err());
    }

    #[test]
    fn debug_output_hides_the_password() {
        assert!(!format!("{:?}", form("a@b", "hunter2-hunter2")).contains("hunter2"));
    }
}
