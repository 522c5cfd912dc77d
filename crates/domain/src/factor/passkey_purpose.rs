use crate::{FieldError, FieldErrors, Reason};
use serde::{Deserialize, Serialize};

/// What a browser is asked a passkey for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PasskeyPurpose {
    /// To sign in with it and nothing else.
    SignIn,
    /// To complete a sign-in that waits for its second factor.
    Factor,
    /// To show again who is signed in.
    Confirm,
    /// To add one to the account.
    Add,
}

impl PasskeyPurpose {
    /// Every purpose.
    pub const ALL: [Self; 4] = [Self::SignIn, Self::Factor, Self::Confirm, Self::Add];

    /// The word that pages use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::Factor => "factor",
            Self::Confirm => "confirm",
            Self::Add => "add",
        }
    }
}

/// Asks what `navigator.credentials` is to be asked.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PasskeyOptionsForm {
    /// A [`PasskeyPurpose`].
    pub purpose: String,
}

impl PasskeyOptionsForm {
    /// Checks that there is such a purpose.
    ///
    /// # Errors
    /// The refused field.
    pub fn parse(&self) -> Result<PasskeyPurpose, Vec<FieldError<Reason>>> {
        let mut errors = FieldErrors::default();
        let purpose = PasskeyPurpose::ALL.into_iter().find(|purpose| purpose.as_str() == self.purpose);
        if purpose.is_none() {
            errors.refuse("purpose", Reason::MethodUnknown);
        }
        errors.finish(purpose)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purpose_that_is_none_is_refused() {
        let parse = |purpose: &str| PasskeyOptionsForm { purpose: purpose.into() }.parse();
        for purpose in PasskeyPurpose::ALL {
            assert_eq!(parse(purpose.as_str()), Ok(purpose));
        }
        for other in ["", "SIGN_IN", "sign_in ", "passkey"] {
            assert_eq!(parse(other).unwrap_err()[0].field, "purpose", "{other}");
        }
    }
}
