//! What can be wrong when a passkey is made.

use crate::mutation::Change::{Answer, Draft, Scene};
use crate::mutation::{KEY, Mutation, flags, key, kind, other_letter, rewrite, say, write};
use serde_json::{Value, json};
use testkit::passkey::{Draft as Made, KeyKind, flag};
use webauthn::Refusal;

pub const ALL: &[Mutation] = &[
    ("the type of a sign-in", Refusal::Type, Draft(|d| say(d, "webauthn.create", "webauthn.get"))),
    // The new passkey in the authenticator data.
    (
        "no new passkey",
        Refusal::AuthenticatorData,
        Draft(|d| {
            flags(d, flag::ATTESTED, 0);
            d.authenticator_data.truncate(37);
        }),
    ),
    (
        "a new passkey that nobody announced",
        Refusal::AuthenticatorData,
        Draft(|d| flags(d, flag::ATTESTED, 0)),
    ),
    ("a byte behind the key", Refusal::AuthenticatorData, Draft(|d| d.authenticator_data.push(0))),
    (
        "a key that ends early",
        Refusal::PublicKey,
        Draft(|d| {
            d.authenticator_data.pop();
        }),
    ),
    ("no key", Refusal::PublicKey, Draft(|d| d.authenticator_data.truncate(KEY))),
    ("an id that ends early", Refusal::AuthenticatorData, Draft(|d| d.authenticator_data.truncate(60))),
    ("an id of no bytes", Refusal::CredentialId, Draft(|d| d.authenticator_data[54] = 0)),
    (
        "an id of 1024 bytes",
        Refusal::CredentialId,
        Draft(|d| d.authenticator_data[53..55].copy_from_slice(&[4, 0])),
    ),
    ("an id as long as can be", Refusal::CredentialId, Draft(|d| d.authenticator_data[53..55].fill(0xff))),
    ("an id that runs into the key", Refusal::PublicKey, Draft(|d| d.authenticator_data[54] += 1)),
    ("an authenticator's other id", Refusal::CredentialId, Draft(|d| d.authenticator_data[55] ^= 1)),
    // The key.
    ("another algorithm's number", Refusal::PublicKey, Draft(|d| key(d, |key| *key = swapped(key)))),
    (
        "an algorithm that was not offered",
        Refusal::Algorithm,
        Draft(|d| key(d, |key| *key = renumbered(key, b"\x38\x22"))),
    ),
    ("the algorithm none", Refusal::Algorithm, Draft(|d| key(d, |key| *key = renumbered(key, b"\x00")))),
    (
        "an algorithm in words",
        Refusal::PublicKey,
        Draft(|d| key(d, |key| *key = renumbered(key, b"\x65EdDSA"))),
    ),
    ("another type of key", Refusal::PublicKey, Draft(|d| key(d, |key| key[2] ^= 3))),
    ("a symmetric key's type", Refusal::PublicKey, Draft(|d| key(d, |key| key[2] = 4))),
    (
        "another curve, or one where there is none",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| match key[4] {
                0x39 => *key = [&key[..8], &[1], &key[267..]].concat(),
                _ => key[6] = 3,
            });
        }),
    ),
    (
        "a key whose members stand otherwise",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                let end = if key[4] == 0x39 { 7 } else { 5 };
                *key = [&key[..1], &key[3..end], &key[1..3], &key[end..]].concat();
            });
        }),
    ),
    (
        "a number of a key in a second spelling",
        Refusal::PublicKey,
        Draft(|d| key(d, |key| key.insert(1, 0x18))),
    ),
    (
        "a key's length in a second spelling",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                key[0] &= 0xf;
                key.insert(0, 0xb8);
            });
        }),
    ),
    (
        "bytes of a key in a second spelling",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                if key[4] == 0x39 {
                    key[8] = 0x5a;
                    key.splice(9..9, [0, 0]);
                } else {
                    key[8] = 0x59;
                    key.insert(9, 0);
                }
            });
        }),
    ),
    (
        "a key with a member more",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                key[0] += 1;
                key.extend(b"\x02\x41x");
            });
        }),
    ),
    (
        "a key with a member less",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                let last = if key[4] == 0x39 { 5 } else { 35 };
                key[0] -= 1;
                key.truncate(key.len() - last);
            });
        }),
    ),
    (
        "a key with a member twice",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                key[0] += 1;
                key.extend(b"\x01\x01");
            });
        }),
    ),
    (
        "a key without an end",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                key[0] = 0xbf;
                key.push(0xff);
            });
        }),
    ),
    ("a key in a list", Refusal::PublicKey, Draft(|d| key(d, |key| key[0] = 0x85))),
    ("a key that cannot be", Refusal::PublicKey, Draft(no_key)),
    ("a key that is too short", Refusal::PublicKey, Draft(|d| key(d, |key| *key = short(key)))),
    (
        "a key that its browser reads otherwise",
        Refusal::PublicKey,
        Scene(|scene, d| {
            let other = scene.other.cose();
            key(d, |key| key.clone_from(&other));
        }),
    ),
    (
        "a browser's other key",
        Refusal::PublicKey,
        Answer(|answer| write(answer, "/response/publicKey", other_letter)),
    ),
    (
        "a browser's key that is too long",
        Refusal::TooLong,
        Answer(|answer| answer["response"]["publicKey"] = "A".repeat(1000).into()),
    ),
    (
        "a browser's key that is padded",
        Refusal::Base64url,
        Answer(|answer| write(answer, "/response/publicKey", |text| format!("{text}="))),
    ),
    (
        "a browser's other algorithm",
        Refusal::Algorithm,
        Answer(|answer| answer["response"]["publicKeyAlgorithm"] = json!(-35)),
    ),
    (
        "a browser's algorithm in words",
        Refusal::Algorithm,
        Answer(|answer| answer["response"]["publicKeyAlgorithm"] = json!("-7")),
    ),
    (
        "a browser's other authenticator data",
        Refusal::AttestationObject,
        Answer(|answer| write(answer, "/response/authenticatorData", other_letter)),
    ),
    // What holds it.
    (
        "a statement where none is named",
        Refusal::Attestation,
        Draft(|d| d.attestation.1 = b"\xa1\x63alg\x26".to_vec()),
    ),
    ("a statement that is no map", Refusal::Attestation, Draft(|d| d.attestation.1 = b"\x80".to_vec())),
    (
        "an empty statement without an end",
        Refusal::AttestationObject,
        Draft(|d| d.attestation.1 = b"\xbf\xff".to_vec()),
    ),
    ("an attestation of a phone's maker", Refusal::Attestation, Draft(|d| d.attestation.0 = "android-key")),
    ("an attestation of an older token", Refusal::Attestation, Draft(|d| d.attestation.0 = "fido-u2f")),
    ("an attestation of nobody's", Refusal::Attestation, Draft(|d| d.attestation.0 = "None")),
    (
        "a statement of itself without a signature",
        Refusal::Attestation,
        Draft(|d| d.attestation = ("packed", b"\xa1\x63alg\x26".to_vec())),
    ),
    (
        "a statement of itself by another algorithm",
        Refusal::Algorithm,
        Draft(|d| {
            let other = if kind(d) == KeyKind::Es256 { -8 } else { -7 };
            d.attestation = ("packed", d.self_attestation(other));
        }),
    ),
    (
        "a statement of itself over other data",
        Refusal::Signature,
        Draft(|d| {
            d.attestation = ("packed", d.self_attestation(kind(d).cose()));
            d.authenticator_data[40] ^= 1;
        }),
    ),
    (
        "a statement of itself by another key",
        Refusal::Signature,
        Scene(|scene, d| {
            let mut other = scene.other.clone();
            other.authenticator_data.clone_from(&d.authenticator_data);
            other.client_data.clone_from(&d.client_data);
            d.attestation = ("packed", other.self_attestation(kind(d).cose()));
        }),
    ),
    (
        "a statement with a certificate",
        Refusal::Attestation,
        Draft(|d| {
            let mut statement = d.self_attestation(kind(d).cose());
            statement[0] += 1;
            statement.extend(b"\x63x5c\x81\x41x");
            d.attestation = ("packed", statement);
        }),
    ),
    (
        "an attestation object that goes on",
        Refusal::AttestationObject,
        Answer(|answer| object(answer, |bytes| bytes.push(0))),
    ),
    (
        "an attestation object that ends early",
        Refusal::AttestationObject,
        Answer(|answer| {
            object(answer, |bytes| {
                bytes.pop();
            });
        }),
    ),
    (
        "an attestation object with a part more",
        Refusal::AttestationObject,
        Answer(|answer| {
            object(answer, |bytes| {
                bytes[0] += 1;
                bytes.extend(b"\x61x\x00");
            });
        }),
    ),
    (
        "an attestation object with a part twice",
        Refusal::AttestationObject,
        Answer(|answer| {
            object(answer, |bytes| {
                bytes[0] += 1;
                bytes.extend(b"\x63fmt\x64none");
            });
        }),
    ),
    (
        "an attestation object without an end",
        Refusal::AttestationObject,
        Answer(|answer| {
            object(answer, |bytes| {
                bytes[0] = 0xbf;
                bytes.push(0xff);
            });
        }),
    ),
    ("no attestation object", Refusal::AttestationObject, Answer(|answer| object(answer, Vec::clear))),
    (
        "an attestation object in no CBOR",
        Refusal::AttestationObject,
        Answer(|answer| object(answer, |bytes| bytes.fill(b'x'))),
    ),
    (
        "an attestation object that is too long",
        Refusal::TooLong,
        Answer(|answer| object(answer, |bytes| bytes.resize(6000, 0))),
    ),
    (
        "no member for it",
        Refusal::Json,
        Answer(|answer| answer["response"]["attestationObject"] = json!(null)),
    ),
];

/// What is a number, a point or a modulus for this algorithm alone.
pub fn of(kind: KeyKind) -> &'static [Mutation] {
    match kind {
        KeyKind::EdDsa => OF_EDDSA,
        KeyKind::Es256 => OF_ES256,
        _ => OF_RS256,
    }
}

const OF_EDDSA: &[Mutation] = &[
    (
        "a key that signs anything",
        Refusal::PublicKey,
        Draft(|d| replace(d, 10, &[&[1][..], &[0; 31]].concat())),
    ),
    ("a key of zeros", Refusal::PublicKey, Draft(|d| replace(d, 10, &[0; 32]))),
    ("a number that the field does not have", Refusal::PublicKey, Draft(|d| replace(d, 10, &[0xff; 32]))),
];

const OF_ES256: &[Mutation] = &[
    ("a point that is not on the curve", Refusal::PublicKey, Draft(|d| key(d, |key| key[76] ^= 1))),
    (
        "a point without its second number",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                key.truncate(43);
                key.push(0xf5);
            });
        }),
    ),
];

const OF_RS256: &[Mutation] = &[
    (
        "an exponent of three",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                key.truncate(268);
                key.extend([0x41, 3]);
            });
        }),
    ),
    ("a modulus of 2047 bits", Refusal::PublicKey, Draft(|d| key(d, |key| key[11] &= 0x7f))),
    ("an even modulus", Refusal::PublicKey, Draft(|d| key(d, |key| key[266] &= 0xfe))),
    (
        "a modulus that begins with nothing",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                key[10] = 1;
                key.insert(11, 0);
            });
        }),
    ),
    (
        "a modulus of 4104 bits",
        Refusal::PublicKey,
        Draft(|d| {
            key(d, |key| {
                (key[9], key[10]) = (2, 1);
                key.splice(12..12, [7; 257]);
            });
        }),
    ),
];

fn replace(draft: &mut Made, at: usize, bytes: &[u8]) {
    key(draft, |key| key[at..at + bytes.len()].copy_from_slice(bytes));
}

/// A key under another algorithm's number.
fn swapped(key: &[u8]) -> Vec<u8> {
    match key[4] {
        0x26 => renumbered(key, b"\x27"),
        _ => renumbered(key, b"\x26"),
    }
}

/// The number stands behind the type: one byte, or three for RSA.
fn renumbered(key: &[u8], number: &[u8]) -> Vec<u8> {
    let end = if key[4] == 0x39 { 7 } else { 5 };
    [&key[..4], number, &key[end..]].concat()
}

/// The first coordinate without its last byte, the key without its last byte, or a modulus of 2040 bits.
fn short(key: &[u8]) -> Vec<u8> {
    match key[4] {
        0x26 => [&key[..9], &[31], &key[10..41], &key[42..]].concat(),
        0x27 => [&key[..9], &[31], &key[10..41]].concat(),
        _ => [&key[..8], b"\x58\xff", &key[11..266], &key[267..]].concat(),
    }
}

/// Nothing where a key should be: a first coordinate of zeros, a modulus of zeros, a key of no bytes.
fn no_key(draft: &mut Made) {
    match kind(draft) {
        KeyKind::Rs256 | KeyKind::LongRs256 => key(draft, |key| key[11..267].fill(0)),
        KeyKind::Es256 => key(draft, |key| key[10..42].fill(0)),
        KeyKind::EdDsa => key(draft, |key| {
            key[9] = 0;
            key.truncate(10);
        }),
    }
}

fn object(answer: &mut Value, change: impl Fn(&mut Vec<u8>)) {
    rewrite(answer, "/response/attestationObject", change);
}
