//! One thing that is wrong with an answer.

use crate::scene::{Scene, Sent};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::Value;
use testkit::passkey::{Draft, KeyKind};
use webauthn::Refusal;

/// What is wrong, what it is refused for, and how it comes to be.
pub type Mutation = (&'static str, Refusal, Change);

#[derive(Clone, Copy)]
pub enum Change {
    /// Another page, browser or authenticator, whose answer is signed by the right key.
    Draft(fn(&mut Draft)),
    /// The same, where it takes something else of the scene.
    Scene(fn(&Scene, &mut Draft)),
    /// What is changed after signing, in the JSON.
    Answer(fn(&mut Value)),
    /// In the text of the JSON.
    Text(fn(&str) -> String),
    /// The answer is as it should be, and what the server knows is another thing.
    Server(fn(&Scene, &mut Sent)),
}

impl Change {
    /// The changed answer. `write` makes JSON of a draft.
    pub fn apply(self, scene: &Scene, draft: &Draft, write: fn(&Draft) -> Value) -> Sent {
        let mut draft = draft.clone();
        match self {
            Self::Draft(change) => change(&mut draft),
            Self::Scene(change) => change(scene, &mut draft),
            _ => {}
        }
        let mut answer = write(&draft);
        if let Self::Answer(change) = self {
            change(&mut answer);
        }
        let mut sent = scene.sent(answer.to_string());
        match self {
            Self::Text(change) => sent.json = change(&sent.json),
            Self::Server(change) => change(scene, &mut sent),
            _ => {}
        }
        sent
    }
}

/// Writes something else in the client data.
pub fn say(draft: &mut Draft, from: &str, to: &str) {
    let text = String::from_utf8(draft.client_data.clone()).unwrap();
    assert!(text.contains(from), "{text} has no {from}");
    draft.client_data = text.replacen(from, to, 1).into_bytes();
}

/// Another challenge.
pub fn ask(draft: &mut Draft, change: impl Fn(&str) -> String) {
    let said: Value = serde_json::from_slice(&draft.client_data).unwrap();
    let challenge = said["challenge"].as_str().unwrap();
    say(draft, challenge, &change(challenge));
}

/// Takes flags away and adds some.
pub fn flags(draft: &mut Draft, away: u8, more: u8) {
    draft.authenticator_data[32] = draft.authenticator_data[32] & !away | more;
}

pub fn count(draft: &mut Draft, counter: u32) {
    draft.authenticator_data[33..37].copy_from_slice(&counter.to_be_bytes());
}

/// Where a new passkey's key stands in its authenticator data.
pub const KEY: usize = 37 + 16 + 2 + 32;

/// Another key in place of the new passkey's.
pub fn key(draft: &mut Draft, change: impl Fn(&mut Vec<u8>)) {
    let mut key = draft.authenticator_data.split_off(KEY);
    change(&mut key);
    draft.authenticator_data.extend(key);
}

/// Another text in a member, which the path leads to.
pub fn write(answer: &mut Value, path: &str, change: impl Fn(&str) -> String) {
    let member = answer.pointer_mut(path).unwrap();
    *member = change(member.as_str().unwrap()).into();
}

/// Which algorithm a draft's passkey has.
pub fn kind(draft: &Draft) -> KeyKind {
    match draft.cose()[4] {
        0x27 => KeyKind::EdDsa,
        0x26 => KeyKind::Es256,
        _ => KeyKind::Rs256,
    }
}

/// The same text but for one bit of its first byte.
pub fn other_letter(text: &str) -> String {
    let first = if text.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &text[1..])
}

/// Other bytes in a member.
pub fn rewrite(answer: &mut Value, path: &str, change: impl Fn(&mut Vec<u8>)) {
    write(answer, path, |text| {
        let mut bytes = URL_SAFE_NO_PAD.decode(text).unwrap();
        change(&mut bytes);
        encode(&bytes)
    });
}

pub fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
