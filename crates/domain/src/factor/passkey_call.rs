//! What programs send and get where passkeys are concerned.

use super::passkey::{PasskeySignInForm, PasskeyView};
use crate::RawSecret;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::fmt;

/// What `navigator.credentials` is to be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyOptions {
    /// For `PublicKeyCredential.parseRequestOptionsFromJSON`, or `parseCreationOptionsFromJSON` for a new passkey.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: Value,
}

/// The same for a sign-in without a name.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeySignInOptions {
    /// For `PublicKeyCredential.parseRequestOptionsFromJSON`.
    #[cfg_attr(feature = "openapi", schema(value_type = Object))]
    pub options: Value,
    /// To be sent back with the answer, and to be kept from others until then.
    pub ceremony: String,
}

impl fmt::Debug for PasskeySignInOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasskeySignInOptions").field("options", &self.options).finish_non_exhaustive()
    }
}

/// Signs in with a passkey.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PasskeyLogin {
    /// The `ceremony` that came with the options.
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub ceremony: RawSecret,
    /// What `JSON.stringify(credential)` makes of the browser's answer.
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub passkey: RawSecret,
}

impl PasskeyLogin {
    /// The ceremony, and the answer to it.
    #[must_use]
    pub fn split(self) -> (RawSecret, PasskeySignInForm) {
        let Self { ceremony, passkey } = self;
        (ceremony, PasskeySignInForm { passkey, ..PasskeySignInForm::default() })
    }
}

/// Names a sign-in that waits for its second factor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct FactorChallenge {
    /// The challenge of the answer `second_factor_needed`.
    #[cfg_attr(feature = "openapi", schema(required, value_type = String))]
    pub challenge: RawSecret,
}

/// Gives a passkey another name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(default, deny_unknown_fields)]
pub struct PasskeyChange {
    /// What you call it from now on.
    #[cfg_attr(feature = "openapi", schema(required))]
    pub name: String,
}

/// A passkey was added.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PasskeyAdded {
    /// The passkey.
    pub passkey: PasskeyView,
    /// Your recovery codes, if it is your first second factor. They are not shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub recovery_codes: Option<Vec<String>>,
}

impl fmt::Debug for PasskeyAdded {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("PasskeyAdded").field("passkey", &self.passkey).finish_non_exhaustive()
    }
}
