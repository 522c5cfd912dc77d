//! What the browser is asked, as `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read it.

use crate::base64url::encode;
use crate::challenge::{Ceremony, LIFETIME, Purpose};
use crate::{Algorithm, RelyingParty, Transport};
use serde_json::{Value, json};

/// Whom a passkey is made for.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// Random bytes of the account's own, and nothing else about it: passkeys show them to whoever holds one.
    pub handle: &'a [u8],
    /// What they sign in with; browsers show it in their list.
    pub name: &'a str,
    /// How they are called.
    pub display_name: &'a str,
}

impl RelyingParty {
    /// `PublicKeyCredentialCreationOptionsJSON`: a passkey that is found without a name, never on an authenticator
    /// that holds one of `known` already. `site_name` is what people call the site.
    #[must_use]
    pub fn creation_options<'a>(
        &self,
        ceremony: &Ceremony<'_>,
        nonce: [u8; 16],
        site_name: &str,
        user: &NewUser<'_>,
        known: impl IntoIterator<Item = (&'a [u8], &'a [Transport])>,
    ) -> Value {
        let offered = Algorithm::ALL.map(|algorithm| json!({"type": "public-key", "alg": algorithm.cose()}));
        json!({
            "rp": {"id": self.id, "name": site_name},
            "user": {
                "id": encode(user.handle), "name": user.name, "displayName": user.display_name,
            },
            "challenge": encode(&self.challenges.issue(Purpose::Registration, ceremony, nonce)),
            "pubKeyCredParams": offered,
            "timeout": LIFETIME.whole_seconds() * 1000,
            "excludeCredentials": descriptors(known),
            "authenticatorSelection": {
                "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
            },
            "attestation": "none",
        })
    }

    /// `PublicKeyCredentialRequestOptionsJSON`: one of `known`, or any passkey of the site if there are none.
    #[must_use]
    pub fn request_options<'a>(
        &self,
        ceremony: &Ceremony<'_>,
        nonce: [u8; 16],
        known: impl IntoIterator<Item = (&'a [u8], &'a [Transport])>,
    ) -> Value {
        json!({
            "rpId": self.id,
            "challenge": encode(&self.challenges.issue(Purpose::Authentication, ceremony, nonce)),
            "timeout": LIFETIME.whole_seconds() * 1000,
            "allowCredentials": descriptors(known),
            "userVerification": "required",
        })
    }
}

fn descriptors<'a>(known: impl IntoIterator<Item = (&'a [u8], &'a [Transport])>) -> Vec<Value> {
    let descriptor = |(id, transports): (&[u8], &[Transport])| {
        let transports: Vec<_> = transports.iter().map(|transport| transport.as_str()).collect();
        json!({"type": "public-key", "id": encode(id), "transports": transports})
    };
    known.into_iter().map(descriptor).collect()
}
