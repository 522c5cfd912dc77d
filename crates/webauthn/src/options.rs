//! What the browser is asked, as `parseCreationOptionsFromJSON` and `parseRequestOptionsFromJSON` read it.

use crate::base64url::encode;
use crate::challenge::{Ceremony, LIFETIME, Purpose};
use crate::{Algorithm, RelyingParty, Transport, UserHandle};
use serde_json::{Value, json};
use thiserror::Error;

/// How a browser's list calls whoever a passkey is made for.
#[derive(Debug, Clone, Copy)]
pub struct NewUser<'a> {
    /// What they sign in with.
    pub name: &'a str,
    /// How they are called.
    pub display_name: &'a str,
}

/// A question that no answer could be right to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("a passkey is asked of a browser with a cookie, and of one account where one is known")]
pub struct Unanswerable;

impl RelyingParty {
    /// `PublicKeyCredentialCreationOptionsJSON`: a passkey for the ceremony's account that is found without a name, never
    /// on an authenticator that holds one of `known` already. `site_name` is what people call the site. `nonce` is random.
    ///
    /// # Errors
    /// [`Unanswerable`] without a browser or an account, or for another purpose.
    pub fn creation_options<'a>(
        &self,
        ceremony: &Ceremony<'_>,
        nonce: [u8; 16],
        site_name: &str,
        user: &NewUser<'_>,
        known: impl IntoIterator<Item = (&'a [u8], &'a [Transport])>,
    ) -> Result<Value, Unanswerable> {
        let UserHandle(handle) = ceremony.account.ok_or(Unanswerable)?;
        if ceremony.purpose != Purpose::Registration || ceremony.browser.is_empty() {
            return Err(Unanswerable);
        }
        let offered = Algorithm::ALL.map(|algorithm| json!({"type": "public-key", "alg": algorithm.cose()}));
        Ok(json!({
            "rp": {"id": self.id, "name": site_name},
            "user": {"id": encode(&handle), "name": user.name, "displayName": user.display_name},
            "challenge": encode(&self.challenges.issue(ceremony, nonce)),
            "pubKeyCredParams": offered,
            "timeout": LIFETIME.whole_seconds() * 1000,
            "excludeCredentials": descriptors(known),
            "authenticatorSelection": {
                "residentKey": "required", "requireResidentKey": true, "userVerification": "required",
            },
            "attestation": "none",
        }))
    }

    /// `PublicKeyCredentialRequestOptionsJSON`: one of `known`, the passkeys of the ceremony's account; or any passkey of
    /// the site, where the account is to be said by it.
    ///
    /// A browser that offers passkeys in a field (conditional mediation) heeds no `timeout`: its page must ask anew before
    /// [`LIFETIME`] is over, or the answer comes too late.
    ///
    /// # Errors
    /// [`Unanswerable`] without a browser, for another purpose, or where an account is known and none of its passkeys.
    pub fn request_options<'a>(
        &self,
        ceremony: &Ceremony<'_>,
        nonce: [u8; 16],
        known: impl IntoIterator<Item = (&'a [u8], &'a [Transport])>,
    ) -> Result<Value, Unanswerable> {
        let known = descriptors(known);
        let is_for_passkey = ceremony.purpose != Purpose::Registration && !ceremony.browser.is_empty();
        if !is_for_passkey || known.is_empty() != ceremony.account.is_none() {
            return Err(Unanswerable);
        }
        Ok(json!({
            "rpId": self.id,
            "challenge": encode(&self.challenges.issue(ceremony, nonce)),
            "timeout": LIFETIME.whole_seconds() * 1000,
            "allowCredentials": known,
            "userVerification": "required",
        }))
    }
}

fn descriptors<'a>(known: impl IntoIterator<Item = (&'a [u8], &'a [Transport])>) -> Vec<Value> {
    let descriptor = |(id, transports): (&[u8], &[Transport])| {
        let transports: Vec<_> = transports.iter().map(|transport| transport.as_str()).collect();
        json!({"type": "public-key", "id": encode(id), "transports": transports})
    };
    known.into_iter().map(descriptor).collect()
}
