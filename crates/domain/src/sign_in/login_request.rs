use crate::invisible::trim;
use crate::{RawPassword, RawSecret, SignInForm};
use serde::{Deserialize, Serialize};

/// Your email address or username in any one of three fields, and your password. The other fields of `OAuth2`'s
/// password grant (RFC 6749 section 4.3.2) are accepted and ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct LoginRequest {
    /// Your email address or username.
    pub identifier: String,
    /// Same as `identifier`.
    pub email: String,
    /// Same as `identifier`.
    pub username: String,
    /// Your password.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub password: RawPassword,
    /// Ignored.
    pub grant_type: String,
    /// Ignored.
    pub scope: String,
    /// Ignored.
    pub client_id: String,
    /// Ignored.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub client_secret: RawSecret,
}

impl From<LoginRequest> for SignInForm {
    /// The first name that is filled.
    fn from(request: LoginRequest) -> Self {
        let names = [request.identifier, request.email, request.username];
        let identifier = names.into_iter().find(|name| !trim(name).is_empty()).unwrap_or_default();
        Self { identifier, password: request.password, ..Self::default() }
    }
}

/// A refresh token to exchange.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct Renewal {
    /// The refresh token. You can send it as the bearer token instead.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub refresh_token: RawSecret,
    /// Ignored.
    pub grant_type: String,
    /// Ignored.
    pub scope: String,
    /// Ignored.
    pub client_id: String,
    /// Ignored.
    #[cfg_attr(feature = "openapi", schema(value_type = String))]
    pub client_secret: RawSecret,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_of_the_three_fields_names_somebody() {
        for field in ["identifier", "email", "username"] {
            let body =
                format!(r#"{{"{field}": "ana", "password": "x", "grant_type": "password", "scope": ""}}"#);
            let form = SignInForm::from(serde_json::from_str::<LoginRequest>(&body).unwrap());
            assert_eq!((form.identifier.as_str(), form.password.expose()), ("ana", "x"), "{field}");
        }
        assert!(serde_json::from_str::<LoginRequest>(r#"{"remember": "on"}"#).is_err());
    }
}
