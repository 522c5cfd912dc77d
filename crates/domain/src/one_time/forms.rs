use super::presented::Presented;
use crate::{Email, FieldError, FieldErrors, PlainPassword, RawPassword, RawSecret};
use serde::{Deserialize, Serialize};

/// An address to send a mail to.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct AddressForm {
    /// The email address of the account.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub email: String,
}

impl AddressForm {
    /// Checks the shape of the address.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<Email, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let email = errors.email("email", &self.email);
        errors.finish(email)
    }
}

/// A new password, and what a mail brought: its link's token, or the address and the code.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct ResetForm {
    /// The token of the link; empty where the code was typed.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub token: RawSecret,
    /// The address that the mail went to.
    pub email: String,
    /// The code of the mail.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub code: RawSecret,
    /// The new password.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub new_password: RawPassword,
}

/// A reset of acceptable shape.
#[derive(Debug)]
pub struct Reset {
    /// What the mail brought.
    pub presented: Presented,
    /// The new password.
    pub new_password: PlainPassword,
}

impl ResetForm {
    /// Checks the shape of every field. `password_min` is the owner's setting, in code points.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self, password_min: usize) -> Result<Reset, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let presented = errors.presented(&self.token, &self.email, &self.code);
        let password = errors.new_password("new_password", self.new_password.expose(), password_min);
        errors.finish(
            presented.zip(password).map(|(presented, new_password)| Reset { presented, new_password }),
        )
    }
}

/// What a mail brought that proves an address, and the account's password where nobody is signed in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct VerifyForm {
    /// The token of the link; empty where the code was typed.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub token: RawSecret,
    /// The address that the mail went to.
    pub email: String,
    /// The code of the mail.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub code: RawSecret,
    /// The account's password; empty for its signed-in owner.
    pub password: RawPassword,
}

/// What a notice brought to whoever says that it was not them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct NotMeForm {
    /// The token of the link; empty where the code was typed.
    pub token: RawSecret,
    /// The address that the mail went to.
    pub email: String,
    /// The code of the mail.
    pub code: RawSecret,
}

impl NotMeForm {
    /// Checks the shape of every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<Presented, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let presented = errors.presented(&self.token, &self.email, &self.code);
        errors.finish(presented)
    }
}

/// A proof of an address, of acceptable shape.
#[derive(Debug)]
pub struct Verify {
    /// What the mail brought.
    pub presented: Presented,
    /// The account's password.
    pub password: Option<PlainPassword>,
}

impl VerifyForm {
    /// Checks the shape of every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<Verify, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let presented = errors.presented(&self.token, &self.email, &self.code);
        let password = match self.password.expose() {
            "" => Some(None),
            typed => errors.password("password", typed).map(Some),
        };
        errors.finish(presented.zip(password).map(|(presented, password)| Verify { presented, password }))
    }
}
