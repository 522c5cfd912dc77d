//! A passkey's answer: whatever is accepted is what was asked for, byte by byte, and nothing panics (P27).
//!
//! The first byte picks what the rest stands for. A thief has no key of ours and no challenge of this browser's; for the
//! parsers behind these two, the rest is put into a good answer, and signed where a passkey would sign it.
#![no_main]

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::{Value, json};
use std::sync::LazyLock;
use time::OffsetDateTime;
use time::macros::datetime;
use webauthn::{
    Algorithm, AuthenticationResponse, Ceremony, Credential, NewUser, PublicKey, Purpose,
    RegistrationResponse, RelyingParty, UserHandle,
};

const NOW: OffsetDateTime = datetime!(2026-11-28 02:30 UTC);
const ORIGIN: &str = "http://localhost:8000";
const ANA: UserHandle = UserHandle(*b"0123456789abcdef");
const CREATION: Ceremony<'_> =
    Ceremony { purpose: Purpose::Registration, browser: b"browser", account: Some(ANA), now: NOW };
const SIGN_IN: Ceremony<'_> =
    Ceremony { purpose: Purpose::SignIn, browser: b"browser", account: None, now: NOW };
const ID: &[u8] = b"credential";
/// `SubjectPublicKeyInfo` of an Ed25519 key (RFC 8410), but for the key itself.
const SPKI: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
/// Present, verified; extensions may follow.
const FLAGS: u8 = 0b101;
const ATTESTED: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;
/// `SubjectPublicKeyInfo` of a point on P-256 (RFC 5480), up to its coordinates.
const P256: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3,
    1, 7, 3, 0x42, 0,
];

static WORLD: LazyLock<World> = LazyLock::new(World::new);

struct World {
    site: RelyingParty,
    key: Ed25519KeyPair,
    public_key: PublicKey,
    /// A key whose signatures have a form of their own, and one signature by it.
    point: PublicKey,
    point_signature: Vec<u8>,
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
        let public_key = PublicKey::from_der(Algorithm::EdDsa, &spki).expect("a public key");
        let user = NewUser { name: "ana", display_name: "Ana" };
        let creation = site.creation_options(&CREATION, [1; 16], "Example", &user, []).expect("a question");
        let request = site.request_options(&SIGN_IN, [2; 16], []).expect("a question");
        let said = |kind, options: &Value| {
            format!(
                r#"{{"type":"webauthn.{kind}","challenge":{},"origin":"{ORIGIN}","crossOrigin":false}}"#,
                options["challenge"]
            )
        };
        let data = [digest(&SHA256, b"localhost").as_ref(), &[FLAGS, 0, 0, 0, 2]].concat();
        let [creating, using] = [said("create", &creation), said("get", &request)];
        let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).expect("a key");
        let spki = [&P256, pair.public_key().as_ref()].concat();
        let point = PublicKey::from_der(Algorithm::Es256, &spki).expect("a public key");
        let message = [&data[..], digest(&SHA256, using.as_bytes()).as_ref()].concat();
        let point_signature = pair.sign(&SystemRandom::new(), &message).expect("signed").as_ref().to_vec();
        let world = Self { site, key, public_key, point, point_signature, creating, using, data };
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
        self.site.register(&response, &CREATION).ok()
    }

    fn creates(&self, object: &[u8], id: &[u8]) -> Option<webauthn::Registered> {
        let json = json!({"type": "public-key", "id": encode(id), "rawId": encode(id), "response": {
            "clientDataJSON": encode(self.creating.as_bytes()), "attestationObject": encode(object),
        }});
        self.registers(&json.to_string())
    }

    fn authenticates(&self, json: &str, public_key: &PublicKey) -> bool {
        let Ok(response) = AuthenticationResponse::from_json(json) else { return false };
        let credential = Credential { id: ID, owner: ANA, public_key, counter: 1, backup_eligible: false };
        self.site.authenticate(&response, &credential, &SIGN_IN).is_ok()
    }

    fn signature(&self, client_data: &[u8], data: &[u8]) -> Vec<u8> {
        let message = [data, digest(&SHA256, client_data).as_ref()].concat();
        self.key.sign(&message).as_ref().to_vec()
    }

    fn used(&self, client_data: &[u8], data: &[u8], signature: Option<&[u8]>) -> bool {
        let right = self.signature(client_data, data);
        self.authenticates(&answer(client_data, data, signature.unwrap_or(&right)), &self.public_key)
    }
}

fn answer(client_data: &[u8], data: &[u8], signature: &[u8]) -> String {
    json!({"type": "public-key", "id": encode(ID), "rawId": encode(ID), "response": {
        "clientDataJSON": encode(client_data), "authenticatorData": encode(data),
        "signature": encode(signature), "userHandle": encode(&ANA.0),
    }})
    .to_string()
}

/// What is true of the data of every answer that was taken.
fn judge(world: &World, data: &[u8], attested: u8) {
    assert_eq!(data[..32], world.data[..32], "another site's");
    assert_eq!(data[32] & (FLAGS | ATTESTED), FLAGS | attested, "flags");
    let copies = data[32] >> 3 & 0b11;
    assert!(copies != 0b10, "a copy that may not be");
    assert!(attested != 0 || copies == 0, "copies, which the row says there are none of");
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
    let again = PublicKey::from_der(made.public_key.algorithm(), made.public_key.as_der());
    assert_eq!(again.as_ref(), Ok(&made.public_key), "what is stored is read again");
    let begin = object.windows(32).position(|window| *window == world.data[..32]).expect("another site's");
    let data = &object[begin..];
    judge(world, data, ATTESTED);
    assert_eq!(data[53..55], u16::try_from(id.len()).expect("a short id").to_be_bytes());
    let key = &data[55..];
    let key = key.strip_prefix(id).expect("the id stands there");
    let raw = made.public_key.as_der();
    let (head, parts) = match made.public_key.algorithm() {
        Algorithm::EdDsa => (&b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"[..], &raw[raw.len() - 32..]),
        Algorithm::Es256 => {
            (&b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"[..], &raw[raw.len() - 64..raw.len() - 32])
        }
        Algorithm::Rs256 => (&b"\xa4\x01\x03\x03\x39\x01\x00\x20\x59"[..], &[][..]),
    };
    assert!(key.starts_with(&[head, parts].concat()), "another key than the one that stands there");
}

/// Whether two signatures of a point have the same first number.
fn is_twin(one: &[u8], other: &[u8]) -> bool {
    let end = |signature: &[u8]| signature.get(3).map(|length| 4 + usize::from(*length));
    end(one).is_some() && one.get(2..end(one).unwrap_or(0)) == other.get(2..end(other).unwrap_or(0))
}

fuzz_target!(|input: &[u8]| -> Corpus {
    let Some((kind, rest)) = input.split_first() else { return Corpus::Reject };
    let world = &*WORLD;
    match kind % 6 {
        // Nobody makes an answer without the browser's challenge, and this browser was given none but the seeds'.
        0 => match std::str::from_utf8(rest) {
            Ok(text) => {
                if let Some(made) = world.registers(text) {
                    assert_eq!(made.challenge.nonce, [1; 16], "nobody was asked that");
                }
                assert!(!world.authenticates(text, &world.public_key), "a forged answer was taken");
            }
            Err(_) => return Corpus::Reject,
        },
        1 => create(world, rest, ID),
        2 => {
            // The authenticator's part alone; its id stands where it must.
            let length =
                rest.get(53..55).map_or(0, |bytes| usize::from(bytes[0]) << 8 | usize::from(bytes[1]));
            let id = rest.get(55..).and_then(|id| id.get(..length)).unwrap_or_default();
            let made = world.creates(&object(rest), id);
            create(world, &object(rest), id);
            if made.is_some() {
                judge(world, rest, ATTESTED);
            }
        }
        3 => {
            if world.used(world.using.as_bytes(), rest, None) {
                judge(world, rest, 0);
                assert!(rest[33..37] > [0, 0, 0, 1][..], "the count grew");
                assert!(rest.len() == 37 || rest[32] & EXTENDED != 0, "nothing is left over");
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
            // A point's signature has a twin, as anybody can tell; only what spells one of the two is taken.
            let json = answer(world.using.as_bytes(), &world.data, rest);
            let is_known = is_twin(rest, &world.point_signature);
            assert!(!world.authenticates(&json, &world.point) || is_known, "a signature of nobody's");
        }
    }
    Corpus::Keep
});
