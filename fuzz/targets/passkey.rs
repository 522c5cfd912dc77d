//! A passkey's answer: whatever is accepted is what was asked for, byte by byte, and nothing panics (P27).
//!
//! The first byte picks what the rest stands for. A thief has no key of ours and no challenge of this browser's; for the
//! parsers behind these two, the rest is put into a good answer, and signed where a passkey would sign it.
#![no_main]

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::{Value, json};
use std::sync::LazyLock;
use time::OffsetDateTime;
use time::macros::datetime;
use webauthn::{
    Algorithm, AuthenticationResponse, Ceremony, Credential, NewUser, PublicKey, RegistrationResponse,
    RelyingParty, UserHandle,
};

const NOW: OffsetDateTime = datetime!(2026-11-28 02:30 UTC);
const ORIGIN: &str = "http://localhost:8000";
const CEREMONY: Ceremony<'_> = Ceremony { browser: b"browser", now: NOW };
const HANDLE: &[u8] = b"0123456789abcdef";
const ID: &[u8] = b"credential";
/// `SubjectPublicKeyInfo` of an Ed25519 key (RFC 8410), but for the key itself.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
/// Present, verified; extensions may follow.
const FLAGS: u8 = 0b101;
const ATTESTED: u8 = 1 << 6;

static WORLD: LazyLock<World> = LazyLock::new(World::new);

struct World {
    site: RelyingParty,
    key: Ed25519KeyPair,
    public_key: PublicKey,
    /// The client data of both kinds, as browsers write it.
    creating: String,
    using: String,
    data: Vec<u8>,
}

impl World {
    fn new() -> Self {
        let site = RelyingParty::new(ORIGIN, &[7; 32]).expect("a site");
        let key = Ed25519KeyPair::from_seed_unchecked(&[9; 32]).expect("a key");
        let spki = [&SPKI, key.public_key().as_ref()].concat();
        let public_key = PublicKey::from_der(Algorithm::EdDsa, spki).expect("a public key");
        let user = NewUser { handle: HANDLE, name: "ana", display_name: "Ana" };
        let creation = site.creation_options(&CEREMONY, [1; 16], "Example", &user, []);
        let request = site.request_options(&CEREMONY, [2; 16], []);
        let said = |kind, options: &Value| {
            format!(
                r#"{{"type":"webauthn.{kind}","challenge":{},"origin":"{ORIGIN}","crossOrigin":false}}"#,
                options["challenge"]
            )
        };
        let data = [digest(&SHA256, b"localhost").as_ref(), &[FLAGS, 0, 0, 0, 2]].concat();
        let [creating, using] = [said("create", &creation), said("get", &request)];
        let world = Self { site, key, public_key, creating, using, data };
        let good = world.used(world.using.as_bytes(), &world.data, None);
        assert!(good, "a good answer is taken, or nothing here is worth anything");
        let cose =
            [&b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"[..], world.key.public_key().as_ref()].concat();
        let length = [0, u8::try_from(ID.len()).expect("a short id")];
        let made = [&world.data[..32], &[FLAGS | ATTESTED], &[0; 20], &length, ID, &cose].concat();
        assert!(world.creates(&object(&made), ID).is_some(), "and a good registration");
        world
    }

    fn registers(&self, json: &str) -> Option<webauthn::Registered> {
        let response = RegistrationResponse::from_json(json).ok()?;
        self.site.register(&response, &CEREMONY).ok()
    }

    fn creates(&self, object: &[u8], id: &[u8]) -> Option<webauthn::Registered> {
        let json = json!({"type": "public-key", "id": encode(id), "rawId": encode(id), "response": {
            "clientDataJSON": encode(self.creating.as_bytes()), "attestationObject": encode(object),
        }});
        self.registers(&json.to_string())
    }

    fn authenticates(&self, json: &str) -> bool {
        let Ok(response) = AuthenticationResponse::from_json(json) else { return false };
        let credential = Credential {
            id: ID,
            public_key: &self.public_key,
            counter: 1,
            backup_eligible: false,
            user: UserHandle::Said(HANDLE),
        };
        self.site.authenticate(&response, &credential, &CEREMONY).is_ok()
    }

    fn signature(&self, client_data: &[u8], data: &[u8]) -> Vec<u8> {
        let message = [data, digest(&SHA256, client_data).as_ref()].concat();
        self.key.sign(&message).as_ref().to_vec()
    }

    fn used(&self, client_data: &[u8], data: &[u8], signature: Option<&[u8]>) -> bool {
        let right = self.signature(client_data, data);
        self.authenticates(
            &json!({"type": "public-key", "id": encode(ID), "rawId": encode(ID), "response": {
                "clientDataJSON": encode(client_data), "authenticatorData": encode(data),
                "signature": encode(signature.unwrap_or(&right)), "userHandle": encode(HANDLE),
            }})
            .to_string(),
        )
    }
}

/// What is true of the data of every answer that was taken.
fn judge(world: &World, data: &[u8], attested: u8) {
    assert_eq!(data[..32], world.data[..32], "another site's");
    assert_eq!(data[32] & (FLAGS | ATTESTED), FLAGS | attested, "flags");
    assert_eq!(data[32] >> 3 & 0b11, 0, "copies, which the row says there are none of");
}

fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What is true of client data that were taken: they are what this browser says, and may say more.
fn judge_client_data(world: &World, bytes: &[u8]) {
    let [said, asked] = [bytes, world.using.as_bytes()]
        .map(|text| serde_json::from_slice::<Value>(text).expect("it is JSON"));
    for name in ["type", "challenge", "origin"] {
        assert_eq!(said[name], asked[name]);
    }
    assert!(said.get("topOrigin").is_none() && said.get("crossOrigin").is_none_or(|flag| flag == false));
}

/// The object around authenticator data.
fn object(data: &[u8]) -> Vec<u8> {
    let length = u16::try_from(data.len()).unwrap_or(u16::MAX).to_be_bytes();
    [&b"\xa3\x63fmt\x64none\x67attStmt\xa0\x68authData\x59"[..], &length, data].concat()
}

/// Registers what an authenticator might say.
fn create(world: &World, object: &[u8], id: &[u8]) {
    let Some(made) = world.creates(object, id) else { return };
    assert_eq!(made.credential_id, id);
    let again = PublicKey::from_der(made.public_key.algorithm(), made.public_key.as_der().to_vec());
    assert_eq!(again.as_ref(), Ok(&made.public_key), "what is stored is read again");
    let held = object.windows(32).any(|window| *window == world.data[..32]);
    assert!(held, "another site's");
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((kind, rest)) = input.split_first() else { return Corpus::Reject };
    let world = &*WORLD;
    match kind % 6 {
        // Nobody makes an answer without the browser's challenge, and this browser was given none but the seeds'.
        0 => match std::str::from_utf8(rest) {
            Ok(text) => {
                world.registers(text);
                assert!(!world.authenticates(text), "a forged answer was taken");
            }
            Err(_) => return Corpus::Reject,
        },
        1 => create(world, rest, ID),
        2 => {
            // The authenticator's part alone; its id stands where it must.
            let id = rest.get(55..).and_then(|id| id.get(..usize::from(rest[54]))).unwrap_or_default();
            create(world, &object(rest), id);
        }
        3 => {
            if world.used(world.using.as_bytes(), rest, None) {
                judge(world, rest, 0);
                assert!(rest[33..37] > [0, 0, 0, 1][..], "the count grew");
                assert!(rest.len() == 37 || rest[32] & 0x80 != 0, "nothing is left over");
            }
        }
        4 => {
            if world.used(rest, &world.data, None) {
                judge_client_data(world, rest);
            }
        }
        _ => {
            let right = world.signature(world.using.as_bytes(), &world.data);
            let taken = world.used(world.using.as_bytes(), &world.data, Some(rest));
            assert_eq!(taken, rest == right, "a signature of nobody's");
        }
    }
    Corpus::Keep
});
