use crate::{
    FactorMethod, FactorSignInForm, FieldError, FieldErrors, MailCode, PlainPassword, RawPassword, RawSecret,
};
use serde::{Deserialize, Serialize};

/// What a signed-in person typed to show again that the account is theirs: the password, or a code that was mailed.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfirmForm {
    /// The password.
    pub current_password: RawPassword,
    /// The code.
    pub code: RawSecret,
    /// Where to go afterwards, as in [`crate::SignInForm`].
    pub next: String,
}

impl ConfirmForm {
    /// Checks the shape of the password.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<PlainPassword, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let password = errors.password("current_password", self.current_password.expose());
        errors.finish(password)
    }

    /// Checks the shape of the code.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse_code(&self) -> Result<MailCode, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let code = errors.code("code", &self.code);
        errors.finish(code)
    }
}

/// What a signed-in person typed to show it by a second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ConfirmFactorForm {
    /// A [`FactorMethod`].
    pub method: String,
    /// Its code.
    pub code: RawSecret,
    /// Where to go afterwards, as in [`crate::SignInForm`].
    pub next: String,
}

impl From<ConfirmFactorForm> for FactorSignInForm {
    fn from(ConfirmFactorForm { method, code, next }: ConfirmFactorForm) -> Self {
        Self { method, code, next, trust: String::new() }
    }
}

/// How a signed-in person can show that the account is theirs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmView {
    /// Whether the account has a password.
    pub password: bool,
    /// Whether a code can be mailed.
    pub code: bool,
    /// Where it is mailed to.
    pub email: String,
    /// Whether a second factor is asked for instead.
    pub second_factor: bool,
    /// Those that can be proven; none where the key of the only one is not there.
    pub methods: Vec<FactorMethod>,
}
