use crate::{FieldError, FieldErrors};
use serde::{Deserialize, Serialize};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A text as it came over the wire, not yet checked. Serde reads and writes it; `Debug` does not show it.
macro_rules! raw {
    ($(#[$what:meta])* $name:ident) => {
        $(#[$what])*
        #[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize, Zeroize, ZeroizeOnDrop)]
        #[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// The text, for parsing and for the browser's own input field.
            #[must_use]
            pub fn expose(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

raw! {
    /// A password as it came over the wire.
    RawPassword
}

raw! {
    /// A secret that nobody chose, as it came over the wire: a token, a code, a nonce.
    RawSecret
}

/// A password of acceptable shape. Neither serde nor `Clone`: it goes to the hasher and nowhere else.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct PlainPassword(String);

impl PlainPassword {
    pub(crate) fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The text, for hashing and for the strength estimate only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The same where it is chosen: a new password is longer, and shorter, than what may be tried.
    ///
    /// # Errors
    /// The refused field.
    pub fn as_new(&self, field: &str, min: usize) -> Result<Self, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let chosen = errors.new_password(field, self.expose(), min);
        errors.finish(chosen)
    }
}

impl fmt::Debug for PlainPassword {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PlainPassword(…)")
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        CodeLogin, CodeSignInForm, InvitationForm, LoginRequest, NotMeForm, RegistrationForm, Renewal,
        ResetForm, VerifyForm,
    };
    use serde::Deserialize;
    use serde::de::value::MapDeserializer;
    use std::fmt::Debug;

    /// What `Debug` shows of a form with these fields.
    fn shown<'a, F: Debug + Deserialize<'a>>(secrets: &'static [&'static str]) -> String {
        let fields = secrets.iter().map(|name| (*name, "canary"));
        let form = F::deserialize(MapDeserializer::<_, serde::de::value::Error>::new(fields)).unwrap();
        format!("{form:?}")
    }

    #[test]
    fn debug_output_of_no_form_shows_a_secret() {
        for shown in [
            shown::<ResetForm>(&["token", "code", "new_password"]),
            shown::<VerifyForm>(&["token", "code", "password"]),
            shown::<InvitationForm>(&["token", "code", "password"]),
            shown::<NotMeForm>(&["token", "code"]),
            shown::<CodeSignInForm>(&["code"]),
            shown::<CodeLogin>(&["code"]),
            shown::<LoginRequest>(&["password", "client_secret"]),
            shown::<Renewal>(&["refresh_token", "client_secret"]),
            shown::<RegistrationForm>(&["password", "nonce"]),
        ] {
            assert!(shown.contains("(…)") && !shown.contains("canary"), "{shown}");
        }
    }
}
