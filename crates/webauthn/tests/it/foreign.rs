//! Verifiers that others wrote, asked about the same answers.

use crate::mutation::encode;
use crate::refused::{registrations, sign_ins};
use crate::scene::{ORIGIN, SCENES, Scene, Sent};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use testkit::passkey::Draft;

mod left;

const RIGHT: &str = "right";
const VERIFIERS: [&str; 2] = ["py_webauthn", "fido2"];

#[test]
fn two_other_verifiers_accept_what_is_right_and_refuse_what_is_not_left_to_us() {
    let mut cases = Vec::new();
    let mut names = Vec::new();
    for scene in &*SCENES {
        let mut ask = |name: &'static str, kind: &str, sent: &Sent| {
            names.push(name);
            cases.push(case(scene, kind, sent));
        };
        let mut of_itself = scene.creation.clone();
        of_itself.attestation = ("packed", of_itself.self_attestation(scene.kind.cose()));
        for right in [scene.creation.registration(), of_itself.registration()] {
            ask(RIGHT, "registration", &scene.sent(right.to_string()));
        }
        ask(RIGHT, "sign-in", &scene.sent(scene.assertion.assertion().to_string()));
        for (name, _, change) in registrations(scene.kind) {
            ask(name, "registration", &change.apply(scene, &scene.creation, Draft::registration));
        }
        for (name, _, change) in sign_ins() {
            ask(name, "sign-in", &change.apply(scene, &scene.assertion, Draft::assertion));
        }
    }
    let said = ask_python(&json!(cases));
    assert_eq!(said.len(), names.len());
    let (mut by_some, mut by_all, mut by_none) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    // Refused by both, but not because anybody looked: a library stumbled.
    let mut unseen = BTreeSet::new();
    for (name, said) in names.into_iter().zip(&said) {
        let said = VERIFIERS.map(|verifier| &said[verifier]);
        let accepting = said.iter().filter(|said| said.is_null()).count();
        assert!(name != RIGHT || accepting == VERIFIERS.len(), "what is right is refused: {said:?}");
        let set = match accepting {
            0 => &mut by_none,
            1 => &mut by_some,
            _ => &mut by_all,
        };
        set.insert(name);
        if said.iter().any(|said| said["stumbled"] == true) {
            unseen.insert(name);
        }
    }
    by_all.remove(RIGHT);
    assert_eq!(by_all, left::to_others().collect());
    let most: BTreeSet<_> = left::REFUSED_BY_BOTH.iter().copied().collect();
    let lax: Vec<_> = by_some.union(&by_all).chain(&unseen).filter(|name| most.contains(*name)).collect();
    assert!(lax.is_empty(), "{lax:?}");
    by_some.retain(|name| !by_all.contains(name));
    by_none.retain(|name| !by_all.contains(name) && !by_some.contains(name));
    // As ADR 10 tells it.
    assert_eq!((by_none.len(), by_some.len(), by_all.len()), (98, 35, 60));
}

fn case(scene: &Scene, kind: &str, sent: &Sent) -> Value {
    let options = if kind == "sign-in" { &scene.request_options } else { &scene.creation_options };
    json!({
        "kind": kind, "credential": sent.json, "challenge": options["challenge"], "rp_id": scene.site.id(),
        "origin": ORIGIN, "public_key": encode(&sent.cose), "counter": sent.counter,
        "id": encode(&sent.id),
    })
}

/// Why each verifier refuses each case, or null.
fn ask_python(cases: &Value) -> Vec<Value> {
    let python = std::env::var_os("DOORSTEP_PYTHON").unwrap_or_else(|| "python3".into());
    let mut asked = Command::new(python)
        .args(["-c", include_str!("foreign/verifiers.py")])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    asked.stdin.take().unwrap().write_all(cases.to_string().as_bytes()).unwrap();
    let output = asked.wait_with_output().unwrap();
    assert!(
        output.status.success(),
        "this test needs a Python with the packages `webauthn` and `fido2`: name its interpreter in DOORSTEP_PYTHON"
    );
    serde_json::from_slice(&output.stdout).unwrap()
}
