use crate::scene::{HANDLE, NOW, ORIGIN, SCENES, Scene};
use serde_json::{Value, json};
use testkit::passkey::{SoftAuthenticator, flag};
use time::Duration;
use webauthn::{Algorithm, Refusal, Transport};

#[test]
fn a_passkey_of_each_algorithm_is_registered_and_used() {
    for scene in &*SCENES {
        let registered = &scene.registered;
        assert_eq!(registered.public_key.algorithm().cose(), scene.kind.cose());
        assert_eq!(registered.credential_id, scene.creation.id);
        assert_eq!(registered.transports, [Transport::Hybrid, Transport::Internal]);
        assert_eq!((registered.counter, registered.backup_eligible, registered.backed_up), (1, false, false));
        let used = scene.authenticate(&scene.sent(scene.assertion.assertion().to_string())).unwrap();
        assert_eq!((used.counter, used.backed_up), (2, false));
        assert_eq!((registered.challenge.nonce, used.challenge.nonce), ([1; 16], [2; 16]));
        assert!(used.challenge.expires_at >= NOW + Duration::minutes(5));
    }
}

#[test]
fn the_site_asks_for_what_it_checks() {
    let Scene { creation_options: creation, request_options: request, .. } = &SCENES[0];
    let selection = &creation["authenticatorSelection"];
    assert_eq!(selection["residentKey"], "required");
    assert_eq!(selection["userVerification"], "required");
    assert_eq!(request["userVerification"], "required");
    assert_eq!(creation["attestation"], "none");
    assert_eq!(creation["rp"]["id"], "accounts.example.com");
    assert_eq!(request["rpId"], "accounts.example.com");
    let offered: Vec<_> = creation["pubKeyCredParams"].as_array().unwrap().iter().collect();
    assert_eq!(
        offered,
        [-8, -7, -257].map(|alg| json!({"type": "public-key", "alg": alg})).iter().collect::<Vec<_>>()
    );
    assert_eq!(Algorithm::ALL.map(Algorithm::cose), [-8, -7, -257]);
}

/// Each browser says more or less than the others, and each authenticator flags other things.
#[test]
fn what_browsers_and_authenticators_do_differently_is_accepted() {
    for scene in &*SCENES {
        let registers = |json: &Value| scene.register(&scene.sent(json.to_string()));
        let mut bare = scene.creation.registration();
        for name in ["authenticatorData", "publicKey", "publicKeyAlgorithm", "transports"] {
            bare["response"].as_object_mut().unwrap().remove(name);
        }
        assert_eq!(registers(&bare).unwrap().transports, []);
        let mut nulls = scene.creation.registration();
        nulls["response"]["publicKey"] = Value::Null;
        nulls["response"]["transports"] = json!(["internal", "usb", "internal", "quantum", 7]);
        assert_eq!(registers(&nulls).unwrap().transports, [Transport::Usb, Transport::Internal]);

        let mut copied = scene.creation.clone();
        copied.authenticator_data[32] |= flag::BACKUP_ELIGIBLE | flag::BACKED_UP;
        let found = registers(&copied.registration()).unwrap();
        assert!(found.backup_eligible && found.backed_up);

        let mut extended = scene.creation.clone();
        extended.authenticator_data[32] |= flag::EXTENDED;
        extended.authenticator_data.extend(b"\xa1\x6bcredProtect\x03");
        assert_eq!(registers(&extended.registration()).as_ref(), Ok(&scene.registered));

        let mut of_itself = scene.creation.clone();
        of_itself.attestation = ("packed", of_itself.self_attestation(scene.kind.cose()));
        assert_eq!(registers(&of_itself.registration()).as_ref(), Ok(&scene.registered));
    }
}

#[test]
fn a_copy_that_was_made_since_is_noticed_and_extensions_are_stepped_over() {
    for scene in &*SCENES {
        let mut assertion = scene.assertion.clone();
        assertion.authenticator_data[32] |= flag::BACKUP_ELIGIBLE | flag::BACKED_UP | flag::EXTENDED;
        assertion.authenticator_data.extend(b"\xa1\x61x\xf5");
        let mut sent = scene.sent(assertion.assertion().to_string());
        assert_eq!(scene.authenticate(&sent), Err(Refusal::BackupFlags));
        sent.backup_eligible = true;
        assert!(scene.authenticate(&sent).unwrap().backed_up);
    }
}

#[test]
fn the_handle_may_be_left_out_only_where_the_account_is_known() {
    for scene in &*SCENES {
        let mut answer = scene.assertion.assertion();
        answer["response"]["userHandle"] = Value::Null;
        let mut sent = scene.sent(answer.to_string());
        assert_eq!(scene.authenticate(&sent), Err(Refusal::UserHandle));
        sent.said = false;
        assert_eq!(scene.authenticate(&sent).unwrap().counter, 2);
        sent.json = scene.assertion.assertion().to_string();
        sent.handle = b"eve's";
        assert_eq!(scene.authenticate(&sent), Err(Refusal::UserHandle));
    }
}

#[test]
fn a_counter_only_grows_or_does_not_count_at_all() {
    let scene = &SCENES[0];
    for (stored, sent, good) in [
        (0, 0, true),
        (0, 1, true),
        (1, 2, true),
        (7, u32::MAX, true),
        (1, 1, false),
        (1, 0, false),
        (9, 8, false),
        (u32::MAX, u32::MAX, false),
        (u32::MAX, 0, false),
    ] {
        let mut assertion = scene.assertion.clone();
        assertion.authenticator_data[33..37].copy_from_slice(&u32::to_be_bytes(sent));
        let mut answer = scene.sent(assertion.assertion().to_string());
        answer.counter = stored;
        let found = scene.authenticate(&answer).map(|used| used.counter);
        assert_eq!(found, if good { Ok(sent) } else { Err(Refusal::Counter { stored, sent }) });
    }
}

/// So the row that is written for it is the same one, and the second answer is refused there.
#[test]
fn two_answers_to_one_challenge_spend_the_same_challenge() {
    let scene = &SCENES[0];
    let mut authenticator = SoftAuthenticator::new(scene.kind);
    let mut register = || {
        let answer = authenticator.create(ORIGIN, &scene.creation_options);
        scene.register(&scene.sent(answer.to_string())).unwrap()
    };
    let [first, second] = [register(), register()];
    assert_ne!(first.credential_id, second.credential_id);
    assert_eq!(first.challenge, second.challenge);
}

#[test]
fn a_passkey_that_is_known_is_named_to_the_browser() {
    let scene = &SCENES[0];
    let ceremony = webauthn::Ceremony { browser: b"x", now: NOW };
    let known = [(&scene.registered.credential_id[..], &scene.registered.transports[..])];
    let options = scene.site.request_options(&ceremony, [3; 16], known);
    let id = scene.creation.registration()["id"].clone();
    assert_eq!(
        options["allowCredentials"],
        json!([{"type": "public-key", "id": id, "transports": ["hybrid", "internal"]}])
    );
    assert_eq!(scene.assertion.user_handle, HANDLE);
}
