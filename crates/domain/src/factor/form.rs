use crate::{FactorCode, FieldError, FieldErrors, RawSecret, Reason, TotpCode};
use serde::{Deserialize, Serialize};

/// What somebody typed to complete a sign-in that waits for its second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FactorSignInForm {
    /// A [`FactorMethod`](crate::FactorMethod).
    pub method: String,
    /// Its code.
    pub code: RawSecret,
    /// Where the sign-in leads, for the page that says that it has ended.
    pub next: String,
    /// Whether the password alone signs in from this browser for a while; not empty.
    pub trust: String,
}

impl FactorSignInForm {
    /// Checks the shape of both.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<FactorCode, Vec<FieldError<Reason>>> {
        let mut errors = FieldErrors::default();
        let code = errors.factor_code(&self.method, &self.code);
        errors.finish(code)
    }
}

/// The first code of an authenticator app that is being set up.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct TotpConfirmForm {
    /// The six digits that the app shows. Spaces do not matter.
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub code: RawSecret,
}

impl TotpConfirmForm {
    /// Checks the shape of the code.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<TotpCode, Vec<FieldError<Reason>>> {
        let mut errors = FieldErrors::default();
        let code = errors.totp_code(&self.code);
        errors.finish(code)
    }
}

/// A change of factors that needs no words.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FactorForm {}

/// Completes a sign-in that waits for its second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FactorLogin {
    /// The challenge of the answer `second_factor_needed`.
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub challenge: RawSecret,
    /// One of the methods of that answer.
    #[cfg_attr(feature = "openapi", schema(required, value_type = crate::FactorMethod))]
    pub method: String,
    /// Its code: case, spaces and dashes do not matter. Of a passkey what `JSON.stringify(credential)` makes of the
    /// browser's answer.
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub code: RawSecret,
}

impl FactorLogin {
    /// The challenge, and what was typed.
    #[must_use]
    pub fn split(self) -> (RawSecret, FactorSignInForm) {
        let Self { challenge, method, code } = self;
        (challenge, FactorSignInForm { method, code, ..FactorSignInForm::default() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refused_field_is_named() {
        for (method, code, refused) in [
            ("", "012345", ("method", "invalid")),
            ("pwd", "012345", ("method", "invalid")),
            ("passkey", "", ("code", "required")),
            ("totp", " ", ("code", "required")),
            ("totp", "ABCDEFGHIJKLMNOP", ("code", "invalid")),
            ("recovery_code", "012345", ("code", "invalid")),
        ] {
            let form =
                FactorSignInForm { method: method.into(), code: code.into(), ..FactorSignInForm::default() };
            let found = form.parse().unwrap_err();
            let found: Vec<_> = found.iter().map(|e| (e.field.as_str(), e.reason.code())).collect();
            assert_eq!(found, [refused], "{method} {code}");
        }
        for (method, code) in [("passkey", "{}"), ("totp", "012345"), ("recovery_code", "ABCDEFGHIJKLMNOP")] {
            assert!(
                FactorSignInForm { method: method.into(), code: code.into(), ..FactorSignInForm::default() }
                    .parse()
                    .is_ok()
            );
        }
    }
}
