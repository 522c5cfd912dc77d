//! A browser with an authenticator in it, made of software: it answers what a server asks, and lies where a test says so.
//! It shares no code with what checks it.

mod key;
mod world;

pub use key::KeyKind;
pub use world::{new_passkey, passkey_factor, passkey_form};

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use key::Key;
use serde_json::{Value, json};
use std::sync::Arc;

/// The flags of authenticator data, which stand in its byte 32.
pub mod flag {
    /// Somebody was there.
    pub const PRESENT: u8 = 1;
    /// They were verified.
    pub const VERIFIED: u8 = 1 << 2;
    /// Copies may be made.
    pub const BACKUP_ELIGIBLE: u8 = 1 << 3;
    /// There is one.
    pub const BACKED_UP: u8 = 1 << 4;
    /// A new passkey follows.
    pub const ATTESTED: u8 = 1 << 6;
    /// Extensions follow.
    pub const EXTENDED: u8 = 1 << 7;
}

/// An authenticator. Its fields are what it says at the next question.
pub struct SoftAuthenticator {
    /// What its next passkey signs with.
    pub kind: KeyKind,
    /// [`flag`]s, but for those that say what follows.
    pub flags: u8,
    /// The count of the next answer; it grows by one each time, except from zero.
    pub counter: u32,
    passkeys: Vec<Passkey>,
}

struct Passkey {
    id: Vec<u8>,
    rp_id: String,
    user_handle: Vec<u8>,
    key: Arc<Key>,
}

/// An answer before it is signed.
#[derive(Clone)]
pub struct Draft {
    /// What the browser says, as JSON.
    pub client_data: Vec<u8>,
    /// What the authenticator says. The hash of the site's name stands at 0, the flags at 32, the counter at 33; a new
    /// passkey's AAGUID at 37, the length of its id at 53, the id at 55, and then its key.
    pub authenticator_data: Vec<u8>,
    /// Which passkey answers.
    pub id: Vec<u8>,
    /// For whom it was made.
    pub user_handle: Vec<u8>,
    /// Where a passkey was made: the kind of statement about the authenticator, and the statement in CBOR.
    pub attestation: (&'static str, Vec<u8>),
    /// A signature in place of the right one.
    pub forged: Option<Vec<u8>>,
    key: Arc<Key>,
}

impl SoftAuthenticator {
    /// One that verifies its owner, counts from one, and keeps its passkeys to itself.
    #[must_use]
    pub fn new(kind: KeyKind) -> Self {
        Self { kind, flags: flag::PRESENT | flag::VERIFIED, counter: 1, passkeys: Vec::new() }
    }

    /// What `navigator.credentials.create` gives a page of `origin`, as JSON.
    pub fn create(&mut self, origin: &str, options: &Value) -> Value {
        self.draft_creation(origin, options).registration()
    }

    /// What `navigator.credentials.get` gives a page of `origin`, as JSON.
    pub fn get(&mut self, origin: &str, options: &Value) -> Value {
        self.draft_assertion(origin, options).assertion()
    }

    /// Makes a passkey, and the answer about it.
    pub fn draft_creation(&mut self, origin: &str, options: &Value) -> Draft {
        let key = Arc::new(Key::generate(self.kind));
        let mut id = vec![0; 32];
        rand::fill(&mut id).unwrap();
        let rp_id = text(&options["rp"]["id"]);
        let user_handle = URL_SAFE_NO_PAD.decode(text(&options["user"]["id"])).unwrap();
        let mut authenticator_data = self.data(&rp_id, flag::ATTESTED);
        authenticator_data.extend([0; 16]);
        authenticator_data.extend([0, 32]);
        authenticator_data.extend(&id);
        authenticator_data.extend(key.cose());
        let passkey = Passkey { id: id.clone(), rp_id, user_handle: user_handle.clone(), key: key.clone() };
        self.passkeys.push(passkey);
        let client_data = client_data("webauthn.create", &options["challenge"], origin);
        Draft::new(client_data, authenticator_data, id, user_handle, key)
    }

    /// Answers with the newest passkey that the options allow.
    pub fn draft_assertion(&mut self, origin: &str, options: &Value) -> Draft {
        let rp_id = text(&options["rpId"]);
        let authenticator_data = self.data(&rp_id, 0);
        let allowed: Vec<_> = options["allowCredentials"].as_array().into_iter().flatten().collect();
        let is_allowed = |passkey: &&Passkey| {
            let id = encode(&passkey.id);
            passkey.rp_id == rp_id && (allowed.is_empty() || allowed.iter().any(|one| one["id"] == id))
        };
        let passkey = self.passkeys.iter().rfind(is_allowed).unwrap();
        let client_data = client_data("webauthn.get", &options["challenge"], origin);
        let Passkey { id, user_handle, key, .. } = passkey;
        Draft::new(client_data, authenticator_data, id.clone(), user_handle.clone(), key.clone())
    }

    fn data(&mut self, rp_id: &str, follows: u8) -> Vec<u8> {
        let counter = self.counter;
        self.counter += u32::from(counter > 0);
        let hash = digest(&SHA256, rp_id.as_bytes());
        [hash.as_ref(), &[self.flags | follows], &counter.to_be_bytes()].concat()
    }
}

impl Draft {
    fn new(
        client_data: Vec<u8>,
        authenticator_data: Vec<u8>,
        id: Vec<u8>,
        user_handle: Vec<u8>,
        key: Arc<Key>,
    ) -> Self {
        let attestation = ("none", vec![0xa0]);
        Self { client_data, authenticator_data, id, user_handle, attestation, forged: None, key }
    }

    /// What a passkey's key signs in this answer.
    #[must_use]
    pub fn signed(&self) -> Vec<u8> {
        [&self.authenticator_data, digest(&SHA256, &self.client_data).as_ref()].concat()
    }

    /// The signature of this answer's passkey over anything.
    #[must_use]
    pub fn sign(&self, message: &[u8]) -> Vec<u8> {
        self.key.sign(message)
    }

    /// What the browser would say of another question.
    #[must_use]
    pub fn answering(&self, options: &Value) -> Vec<u8> {
        let mut said: Value = serde_json::from_slice(&self.client_data).unwrap();
        said["challenge"] = options["challenge"].clone();
        said.to_string().into_bytes()
    }

    /// Gives a passkey that was just made another id.
    pub fn rename(&mut self, id: Vec<u8>) {
        let key = self.authenticator_data.split_off(55 + self.id.len());
        self.authenticator_data.truncate(53);
        self.authenticator_data.extend(u16::try_from(id.len()).unwrap().to_be_bytes());
        self.authenticator_data.extend(&id);
        self.authenticator_data.extend(key);
        self.id = id;
    }

    /// A statement about the authenticator by the new passkey itself, for the format `packed`.
    #[must_use]
    pub fn self_attestation(&self, algorithm: i64) -> Vec<u8> {
        let signature = self.sign(&self.signed());
        // Minus one is the number zero of its kind.
        let number = u16::try_from(-1 - algorithm).unwrap();
        let number = match number.to_be_bytes() {
            [0, low @ ..0x18] => vec![0x20 | low],
            [0, low] => vec![0x38, low],
            [high, low] => vec![0x39, high, low],
        };
        [&b"\xa2\x63alg"[..], &number, b"\x63sig", &byte_string(&signature)].concat()
    }

    /// The passkey's public key in COSE.
    #[must_use]
    pub fn cose(&self) -> Vec<u8> {
        self.key.cose()
    }

    /// The answer about a new passkey.
    #[must_use]
    pub fn registration(&self) -> Value {
        let (format, statement) = &self.attestation;
        let format = [&[0x60 | u8::try_from(format.len()).unwrap()], format.as_bytes()].concat();
        let object = [
            &b"\xa3\x63fmt"[..],
            &format,
            b"\x67attStmt",
            statement,
            b"\x68authData",
            &byte_string(&self.authenticator_data),
        ]
        .concat();
        self.credential(&json!({
            "clientDataJSON": encode(&self.client_data),
            "attestationObject": encode(&object),
            "authenticatorData": encode(&self.authenticator_data),
            "publicKey": encode(&self.key.spki()),
            "publicKeyAlgorithm": self.key.kind().cose(),
            "transports": ["internal", "hybrid"],
        }))
    }

    /// The answer of a passkey that is used.
    #[must_use]
    pub fn assertion(&self) -> Value {
        let signature = self.forged.clone().unwrap_or_else(|| self.sign(&self.signed()));
        self.credential(&json!({
            "clientDataJSON": encode(&self.client_data),
            "authenticatorData": encode(&self.authenticator_data),
            "signature": encode(&signature),
            "userHandle": encode(&self.user_handle),
        }))
    }

    fn credential(&self, response: &Value) -> Value {
        json!({
            "id": encode(&self.id),
            "rawId": encode(&self.id),
            "response": response,
            "authenticatorAttachment": "platform",
            "clientExtensionResults": {},
            "type": "public-key",
        })
    }
}

/// As Chromium writes it.
fn client_data(kind: &str, challenge: &Value, origin: &str) -> Vec<u8> {
    format!(r#"{{"type":"{kind}","challenge":{challenge},"origin":"{origin}","crossOrigin":false}}"#)
        .into_bytes()
}

/// Bytes in CBOR, in the shortest way.
fn byte_string(bytes: &[u8]) -> Vec<u8> {
    let head = match u16::try_from(bytes.len()).unwrap().to_be_bytes() {
        [0, short @ ..24] => vec![0x40 | short],
        [0, length] => vec![0x58, length],
        [high, low] => vec![0x59, high, low],
    };
    [head, bytes.to_vec()].concat()
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

fn text(value: &Value) -> String {
    value.as_str().unwrap().to_owned()
}
