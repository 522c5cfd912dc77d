//! What `PublicKeyCredential.toJSON()` makes in the browser.

use crate::base64url::decode;
use crate::json::{Document, Object};
use crate::{Refusal, Transport};
use serde_json::Value;

/// The longest answer that is looked at, in bytes of JSON.
pub const RESPONSE_MAX: usize = 16 * 1024;
/// The longest id of a passkey that WebAuthn lets there be.
pub const CREDENTIAL_ID_MAX: usize = 1023;

const CLIENT_DATA_MAX: usize = 2 * 1024;
const AUTHENTICATOR_DATA_MAX: usize = 4 * 1024;
const ATTESTATION_OBJECT_MAX: usize = 5 * 1024;
/// An RSA key of 4096 bits, as DER, has 550.
const PUBLIC_KEY_MAX: usize = 600;
/// Of the same key.
const SIGNATURE_MAX: usize = 512;
const USER_HANDLE_MAX: usize = 64;

/// A browser's answer after it made a passkey, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RegistrationResponse {
    pub(crate) id: Vec<u8>,
    pub(crate) client_data: Vec<u8>,
    pub(crate) attestation_object: Vec<u8>,
    pub(crate) authenticator_data: Option<Vec<u8>>,
    pub(crate) public_key: Option<Vec<u8>>,
    pub(crate) algorithm: Option<Value>,
    pub(crate) transports: Vec<Transport>,
}

/// A browser's answer after it used a passkey, not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthenticationResponse {
    pub(crate) id: Vec<u8>,
    pub(crate) client_data: Vec<u8>,
    pub(crate) authenticator_data: Vec<u8>,
    pub(crate) signature: Vec<u8>,
    pub(crate) user_handle: Option<Vec<u8>>,
}

impl RegistrationResponse {
    /// Reads a `RegistrationResponseJSON`.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn from_json(json: &str) -> Result<Self, Refusal> {
        let document = document(json)?;
        let (id, response) = credential(&document)?;
        Ok(Self {
            id,
            client_data: bytes(&response, "clientDataJSON", CLIENT_DATA_MAX)?,
            attestation_object: bytes(&response, "attestationObject", ATTESTATION_OBJECT_MAX)?,
            authenticator_data: optional(&response, "authenticatorData", AUTHENTICATOR_DATA_MAX)?,
            public_key: optional(&response, "publicKey", PUBLIC_KEY_MAX)?,
            algorithm: response.optional("publicKeyAlgorithm").cloned(),
            transports: Transport::listed(response.optional("transports")),
        })
    }
}

impl AuthenticationResponse {
    /// Reads an `AuthenticationResponseJSON`.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn from_json(json: &str) -> Result<Self, Refusal> {
        let document = document(json)?;
        let (id, response) = credential(&document)?;
        Ok(Self {
            id,
            client_data: bytes(&response, "clientDataJSON", CLIENT_DATA_MAX)?,
            authenticator_data: bytes(&response, "authenticatorData", AUTHENTICATOR_DATA_MAX)?,
            signature: bytes(&response, "signature", SIGNATURE_MAX)?,
            user_handle: optional(&response, "userHandle", USER_HANDLE_MAX)?,
        })
    }

    /// Which passkey it claims to be, for looking it up.
    #[must_use]
    pub fn credential_id(&self) -> &[u8] {
        &self.id
    }
}

fn document(json: &str) -> Result<Document, Refusal> {
    if json.len() > RESPONSE_MAX {
        return Err(Refusal::TooLong);
    }
    Document::parse(json.as_bytes()).ok_or(Refusal::Json)
}

/// What both kinds of answer have: the id, twice, and the answer itself.
fn credential(document: &Document) -> Result<(Vec<u8>, Object<'_>), Refusal> {
    let credential = document.object().ok_or(Refusal::Json)?;
    if credential.text("type") != Some("public-key") {
        return Err(Refusal::Json);
    }
    let id = bytes(&credential, "id", CREDENTIAL_ID_MAX)?;
    if bytes(&credential, "rawId", CREDENTIAL_ID_MAX)? != id {
        return Err(Refusal::CredentialId);
    }
    Ok((id, credential.object("response").ok_or(Refusal::Json)?))
}

fn bytes(object: &Object<'_>, name: &str, limit: usize) -> Result<Vec<u8>, Refusal> {
    decode(object.text(name).ok_or(Refusal::Json)?, limit)
}

fn optional(object: &Object<'_>, name: &str, limit: usize) -> Result<Option<Vec<u8>>, Refusal> {
    object.optional(name).map(|_| bytes(object, name, limit)).transpose()
}
