use crate::invisible::trim;
use crate::{EMAIL_MAX_BYTES, FieldError, FieldErrors, FormReason, PlainPassword, RawPassword};
use serde::{Deserialize, Serialize};

/// What a person typed to sign in. Missing fields are empty; unknown ones are refused.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInForm {
    /// An email address or a username.
    pub identifier: String,
    /// The password.
    pub password: RawPassword,
    /// "on" where "Keep me signed in" was ticked, as browsers send it; else empty.
    pub remember: String,
    /// Where to go afterwards; a path of ours (see [`crate::safe_next`]), else it is ignored.
    pub next: String,
    /// The same `identifier` where an account that its owner has deleted is to be restored; else empty.
    pub restore: String,
}

/// Who wants to sign in: with an `@` it is an email address, else a username.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identifier {
    /// As typed; it may still have no canonical form, and then names nobody.
    Email(String),
    /// As typed.
    Username(String),
}

impl Identifier {
    /// The name in a text without blanks around it.
    #[must_use]
    pub fn of(text: &str) -> Self {
        if text.contains('@') { Self::Email(text.to_owned()) } else { Self::Username(text.to_owned()) }
    }

    /// The name, of whichever kind.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match self {
            Self::Email(text) | Self::Username(text) => text,
        }
    }
}

/// A sign-in of acceptable shape.
#[derive(Debug)]
pub struct SignIn {
    /// Who.
    pub identifier: Identifier,
    /// The password to check.
    pub password: PlainPassword,
    /// Whether the session outlives the browser.
    pub remember: bool,
    /// Whether an account that closes is restored.
    pub restore: bool,
}

impl SignInForm {
    /// Checks the shape of every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<SignIn, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let identifier = errors.identifier("identifier", &self.identifier);
        let password = errors.password("password", self.password.expose());
        let whole = identifier.zip(password).map(|(identifier, password)| SignIn {
            identifier,
            password,
            remember: !self.remember.is_empty(),
            restore: restores(&self.restore, &self.identifier),
        });
        errors.finish(whole)
    }
}

/// Whether an account that closes is restored: another name that was typed since restores nothing.
pub(super) fn restores(offered: &str, identifier: &str) -> bool {
    trim(offered) == trim(identifier)
}

impl<R: From<FormReason>> FieldErrors<R> {
    /// Who wants to sign in.
    pub(crate) fn identifier(&mut self, field: &str, raw: &str) -> Option<Identifier> {
        let text = trim(raw);
        if text.is_empty() {
            self.refuse(field, FormReason::IdentifierMissing);
        } else if text.len() > EMAIL_MAX_BYTES || text.chars().any(char::is_control) {
            self.refuse(field, FormReason::IdentifierInvalid);
        } else {
            return Some(Identifier::of(text));
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(identifier: &str) -> SignInForm {
        SignInForm { identifier: identifier.into(), password: "x".into(), ..SignInForm::default() }
    }

    #[test]
    fn an_at_sign_makes_it_an_address() {
        assert_eq!(form(" a@b ").parse().unwrap().identifier, Identifier::Email("a@b".into()));
        assert_eq!(form("ana").parse().unwrap().identifier, Identifier::Username("ana".into()));
    }

    #[test]
    fn what_nobody_sees_around_a_name_goes_first() {
        for typed in
            ["\u{feff}ana@example.com", "\u{202a}ana@example.com\u{202c}", "\u{a0}ana@example.com\u{200b}"]
        {
            assert_eq!(form(typed).parse().unwrap().identifier.as_str(), "ana@example.com", "{typed:?}");
        }
        assert_eq!(
            form("\u{2068}ana\u{2069}").parse().unwrap().identifier,
            Identifier::Username("ana".into())
        );
    }

    #[test]
    fn refuses_what_names_nobody() {
        for bad in ["", "  ", "\u{200b}\u{feff}", "a\0b", &"a".repeat(255)] {
            assert_eq!(form(bad).parse().unwrap_err()[0].field, "identifier");
        }
    }

    #[test]
    fn a_password_that_none_may_choose_here_is_tried_not_refused() {
        for length in [1, 129, 160, crate::PASSWORD_TRIED_MAX] {
            for letter in ["x", "ü", "🐎"] {
                let form = SignInForm { password: letter.repeat(length).into(), ..form("ana") };
                assert!(form.parse().is_ok(), "imported accounts may have passwords of {length} characters");
            }
        }
        let form = SignInForm { password: "x".repeat(crate::PASSWORD_TRIED_MAX + 1).into(), ..form("ana") };
        assert_eq!(form.parse().unwrap_err()[0].reason.code(), "too_long");
    }
}
