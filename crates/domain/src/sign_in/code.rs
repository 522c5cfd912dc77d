use super::form::restores;
use crate::{FieldError, FieldErrors, Identifier, MailCode, RawSecret};
use serde::{Deserialize, Serialize};

/// Whom to mail a code to sign in with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CodeRequestForm {
    /// An email address or a username.
    pub identifier: String,
    /// Where to go after the sign-in, as in [`crate::SignInForm`].
    pub next: String,
}

impl CodeRequestForm {
    /// Checks the shape of the name.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<Identifier, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let identifier = errors.identifier("identifier", &self.identifier);
        errors.finish(identifier)
    }
}

/// What a person typed to sign in with a code that was mailed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CodeSignInForm {
    /// An email address or a username.
    pub identifier: String,
    /// The code.
    pub code: RawSecret,
    /// "on" where "Keep me signed in" was ticked.
    pub remember: String,
    /// Where to go afterwards, as in [`crate::SignInForm`].
    pub next: String,
    /// As in [`crate::SignInForm`].
    pub restore: String,
}

/// A sign-in with a code, of acceptable shape.
#[derive(Debug)]
pub struct CodeSignIn {
    /// Who.
    pub identifier: Identifier,
    /// The code to check.
    pub code: MailCode,
    /// Whether the session outlives the browser.
    pub remember: bool,
    /// Whether an account that closes is restored.
    pub restore: bool,
}

impl CodeSignInForm {
    /// Checks the shape of every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<CodeSignIn, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let identifier = errors.identifier("identifier", &self.identifier);
        let code = errors.code("code", &self.code);
        errors.finish(identifier.zip(code).map(|(identifier, code)| CodeSignIn {
            identifier,
            code,
            remember: !self.remember.is_empty(),
            restore: restores(&self.restore, &self.identifier),
        }))
    }
}

/// Whom to mail a code to sign in with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CodeRequest {
    /// Your email address or username.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub identifier: String,
}

impl From<CodeRequest> for CodeRequestForm {
    fn from(CodeRequest { identifier }: CodeRequest) -> Self {
        Self { identifier, ..Self::default() }
    }
}

/// The code of a mail, to sign in with.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct CodeLogin {
    /// Your email address or username.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub identifier: String,
    /// The code. Case, spaces and the dash do not matter.
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub code: RawSecret,
}

impl From<CodeLogin> for CodeSignInForm {
    fn from(CodeLogin { identifier, code }: CodeLogin) -> Self {
        Self { identifier, code, ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_refused_field_is_named_at_once() {
        let refused = CodeSignInForm::default().parse().unwrap_err();
        let refused: Vec<_> = refused.iter().map(|e| (e.field.as_str(), e.reason.code())).collect();
        assert_eq!(refused, [("identifier", "required"), ("code", "required")]);
        let form = CodeSignInForm {
            identifier: " ana ".into(),
            code: "abcde fghij".into(),
            ..CodeSignInForm::default()
        };
        let parsed = form.parse().unwrap();
        assert_eq!((parsed.identifier.as_str(), parsed.code.as_str()), ("ana", "ABCDEFGHIJ"));
        assert!(!parsed.remember);
    }
}
