//! Each mutation is refused, for its own reason, with a passkey of each algorithm.

mod of_both;
mod registrations;
mod sign_ins;

use crate::mutation::Mutation;
use crate::scene::SCENES;
use testkit::passkey::{Draft, KeyKind};

/// Those of registrations.
pub fn registrations(kind: KeyKind) -> impl Iterator<Item = &'static Mutation> {
    let both = of_both::CLIENT_DATA.iter().chain(of_both::JSON).chain(of_both::FLAGS);
    both.chain(registrations::ALL).chain(registrations::of(kind))
}

/// Those of sign-ins.
pub fn sign_ins() -> impl Iterator<Item = &'static Mutation> {
    of_both::CLIENT_DATA.iter().chain(of_both::JSON).chain(of_both::FLAGS).chain(sign_ins::ALL)
}

#[test]
fn no_registration_with_one_thing_wrong_is_accepted() {
    let mut accepted = Vec::new();
    for scene in &*SCENES {
        for (name, refusal, change) in registrations(scene.kind) {
            let found = scene.register(&change.apply(scene, &scene.creation, Draft::registration));
            if found != Err(*refusal) {
                accepted.push(format!("{:?} {name}: {found:?}", scene.kind));
            }
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
}

#[test]
fn no_sign_in_with_one_thing_wrong_is_accepted() {
    let mut accepted = Vec::new();
    for scene in &*SCENES {
        for (name, refusal, change) in sign_ins() {
            let found = scene.authenticate(&change.apply(scene, &scene.assertion, Draft::assertion));
            if found != Err(*refusal) {
                accepted.push(format!("{:?} {name}: {found:?}", scene.kind));
            }
        }
    }
    assert!(accepted.is_empty(), "{accepted:#?}");
}

#[test]
fn a_hundred_things_are_tried_and_each_name_once() {
    let alone = KeyKind::ALL.into_iter().flat_map(registrations::of);
    let mut names: Vec<_> =
        sign_ins().chain(registrations::ALL).chain(alone).map(|(name, ..)| *name).collect();
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), all, "two have one name");
    assert!(all >= 190, "{all}");
}
