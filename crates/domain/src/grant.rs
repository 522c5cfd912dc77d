use crate::{RawPassword, SignInForm};
use serde::{Deserialize, Serialize};

/// What a program sends to sign in: one name, in whichever of three fields, and the password. The fields that
/// `OAuth2`'s password form adds (RFC 6749 section 4.3.2) are tolerated.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Grant {
    /// An e-mail address or a username.
    pub identifier: String,
    /// The same.
    pub email: String,
    /// The same.
    pub username: String,
    /// The password.
    pub password: RawPassword,
    /// Ignored, as is all that follows.
    pub grant_type: String,
    /// Ignored.
    pub scope: String,
    /// Ignored.
    pub client_id: String,
    /// Ignored.
    pub client_secret: String,
}

impl From<Grant> for SignInForm {
    /// The first name that is filled.
    fn from(grant: Grant) -> Self {
        let names = [grant.identifier, grant.email, grant.username];
        let identifier = names.into_iter().find(|name| !name.trim().is_empty()).unwrap_or_default();
        Self { identifier, password: grant.password, ..Self::default() }
    }
}

/// What a program sends for a new pair of tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Renewal {
    /// The refresh token; it may come as the bearer token instead.
    pub refresh_token: String,
    /// Ignored, as is all that follows.
    pub grant_type: String,
    /// Ignored.
    pub scope: String,
    /// Ignored.
    pub client_id: String,
    /// Ignored.
    pub client_secret: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_three_fields_names_somebody() {
        for field in ["identifier", "email", "username"] {
            let body =
                format!(r#"{{"{field}": "ana", "password": "x", "grant_type": "password", "scope": ""}}"#);
            let form = SignInForm::from(serde_json::from_str::<Grant>(&body).unwrap());
            assert_eq!((form.identifier.as_str(), form.password.expose()), ("ana", "x"), "{field}");
        }
        assert!(serde_json::from_str::<Grant>(r#"{"remember": "on"}"#).is_err());
    }
}
