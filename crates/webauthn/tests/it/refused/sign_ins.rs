//! What can be wrong when a passkey is used.

use crate::mutation::Change::{Answer, Draft, Scene, Server};
use crate::mutation::{Mutation, count, flags, other_letter, rewrite, say, write};
use crate::scene::{EVE, SCENES};
use aws_lc_rs::digest::{SHA256, digest};
use serde_json::{Value, json};
use testkit::passkey::flag;
use webauthn::Refusal;

const SIGNATURE: &str = "/response/signature";

pub const ALL: &[Mutation] = &[
    ("the type of a registration", Refusal::Type, Draft(|d| say(d, "webauthn.get", "webauthn.create"))),
    // Whose passkey it is.
    ("another user's handle", Refusal::UserHandle, Draft(|d| d.user_handle[0] ^= 1)),
    ("another user's passkey", Refusal::UserHandle, Server(|_, sent| sent.owner = EVE)),
    ("a handle with a suffix", Refusal::UserHandle, Draft(|d| d.user_handle.push(0))),
    (
        "a handle that is cut off",
        Refusal::UserHandle,
        Draft(|d| {
            d.user_handle.pop();
        }),
    ),
    ("an empty handle", Refusal::UserHandle, Draft(|d| d.user_handle.clear())),
    ("no handle", Refusal::UserHandle, Answer(|answer| answer["response"]["userHandle"] = json!(null))),
    ("a handle that is too long", Refusal::TooLong, Draft(|d| d.user_handle.resize(65, 0))),
    ("a handle in a number", Refusal::Json, Answer(|answer| answer["response"]["userHandle"] = json!(7))),
    (
        "a padded handle",
        Refusal::Base64url,
        Answer(|answer| write(answer, "/response/userHandle", |text| format!("{text}=="))),
    ),
    ("an older passkey's row", Refusal::CredentialId, Server(|_, sent| sent.id[0] ^= 1)),
    (
        "another passkey's key",
        Refusal::Signature,
        Server(|scene, sent| {
            sent.public_key =
                scene.register(&scene.sent(scene.other.registration().to_string())).unwrap().public_key;
            sent.cose = scene.other.cose();
        }),
    ),
    (
        "the key of another algorithm",
        Refusal::Signature,
        Server(|scene, sent| {
            let other = SCENES.iter().find(|other| other.kind != scene.kind).unwrap();
            sent.public_key = other.registered.public_key.clone();
            sent.cose = other.creation.cose();
        }),
    ),
    // What is signed.
    (
        "another passkey's signature",
        Refusal::Signature,
        Scene(|scene, d| d.forged = Some(scene.other.sign(&d.signed()))),
    ),
    (
        "a signature of the registration",
        Refusal::Signature,
        Scene(|scene, d| d.forged = Some(d.sign(&scene.creation.signed()))),
    ),
    (
        "a signature of the client data alone",
        Refusal::Signature,
        Draft(|d| d.forged = Some(d.sign(&d.client_data))),
    ),
    (
        "a signature of the authenticator data alone",
        Refusal::Signature,
        Draft(|d| d.forged = Some(d.sign(&d.authenticator_data))),
    ),
    (
        "a signature of a hash of what is signed",
        Refusal::Signature,
        Draft(|d| {
            d.forged = Some(d.sign(digest(&SHA256, &d.signed()).as_ref()));
        }),
    ),
    (
        "authenticator data changed since",
        Refusal::Signature,
        Answer(|answer| data(answer, |data| data[36] ^= 1)),
    ),
    ("a flag added since", Refusal::Signature, Answer(|answer| data(answer, |data| data[32] ^= 2))),
    (
        "extensions added since",
        Refusal::Signature,
        Answer(|answer| {
            data(answer, |data| {
                data[32] |= flag::EXTENDED;
                data.push(0xa0);
            });
        }),
    ),
    (
        "client data written anew",
        Refusal::Signature,
        Answer(|answer| {
            rewrite(answer, "/response/clientDataJSON", |bytes| bytes.push(b' '));
        }),
    ),
    ("no signature", Refusal::Json, Answer(|answer| answer["response"]["signature"] = json!(null))),
    ("an empty signature", Refusal::Signature, Answer(|answer| signature(answer, Vec::clear))),
    ("a signature of zeros", Refusal::Signature, Answer(|answer| signature(answer, |bytes| bytes.fill(0)))),
    (
        "a signature that ends early",
        Refusal::Signature,
        Answer(|answer| {
            signature(answer, |bytes| {
                bytes.pop();
            });
        }),
    ),
    (
        "a signature that goes on",
        Refusal::Signature,
        Answer(|answer| signature(answer, |bytes| bytes.push(0))),
    ),
    (
        "a signature with its first bit changed",
        Refusal::Signature,
        Answer(|answer| signature(answer, |bytes| bytes[0] ^= 0x80)),
    ),
    (
        "a signature with its last bit changed",
        Refusal::Signature,
        Answer(|answer| signature(answer, |bytes| *bytes.last_mut().unwrap() ^= 1)),
    ),
    (
        "a signature backwards",
        Refusal::Signature,
        Answer(|answer| signature(answer, |bytes| bytes.reverse())),
    ),
    (
        "a padded signature",
        Refusal::Base64url,
        Answer(|answer| write(answer, SIGNATURE, |text| format!("{text}="))),
    ),
    (
        "a signature that is too long",
        Refusal::TooLong,
        Answer(|answer| signature(answer, |bytes| bytes.resize(513, 0))),
    ),
    // How often it was used, and what it is.
    ("the count of the last time", Refusal::Counter { stored: 1, sent: 1 }, Draft(|d| count(d, 1))),
    ("a count that went back", Refusal::Counter { stored: 1, sent: 0 }, Draft(|d| count(d, 0))),
    ("a count below another's", Refusal::Counter { stored: 9, sent: 2 }, Server(|_, sent| sent.counter = 9)),
    (
        "a count that ran over",
        Refusal::Counter { stored: u32::MAX, sent: 2 },
        Server(|_, sent| sent.counter = u32::MAX),
    ),
    ("copies that may be made since", Refusal::BackupFlags, Draft(|d| flags(d, 0, flag::BACKUP_ELIGIBLE))),
    (
        "copies that may not be made since",
        Refusal::BackupFlags,
        Server(|_, sent| sent.backup_eligible = true),
    ),
    (
        "a new passkey in a sign-in",
        Refusal::AuthenticatorData,
        Scene(|scene, d| {
            flags(d, 0, flag::ATTESTED);
            d.authenticator_data.extend(&scene.creation.authenticator_data[37..]);
        }),
    ),
    ("half a new passkey in a sign-in", Refusal::AuthenticatorData, Draft(|d| flags(d, 0, flag::ATTESTED))),
    ("a byte behind the data", Refusal::AuthenticatorData, Draft(|d| d.authenticator_data.push(0))),
    ("data that end with the hash", Refusal::AuthenticatorData, Draft(|d| d.authenticator_data.truncate(32))),
    (
        "authenticator data that are too long",
        Refusal::TooLong,
        Draft(|d| d.authenticator_data.resize(4097, 0)),
    ),
    (
        "padded authenticator data",
        Refusal::Base64url,
        Answer(|answer| write(answer, "/response/authenticatorData", |text| format!("{text}="))),
    ),
    (
        "no member for the data",
        Refusal::Json,
        Answer(|answer| answer["response"]["authenticatorData"] = json!(null)),
    ),
    (
        "another letter in the handle's place",
        Refusal::UserHandle,
        Answer(|answer| write(answer, "/response/userHandle", other_letter)),
    ),
];

fn data(answer: &mut Value, change: impl Fn(&mut Vec<u8>)) {
    rewrite(answer, "/response/authenticatorData", change);
}

fn signature(answer: &mut Value, change: impl Fn(&mut Vec<u8>)) {
    rewrite(answer, SIGNATURE, change);
}
