use crate::scene::{ANA, CREATION, EVE, NOW, ORIGIN, SCENES, SIGN_IN, Scene};
use serde_json::{Value, json};
use testkit::passkey::{KeyKind, SoftAuthenticator, flag};
use time::Duration;
use webauthn::{
    Algorithm, AuthenticationResponse, Ceremony, NewUser, Purpose, Refusal, Refused, RegistrationResponse,
    Transport, Unanswerable,
};

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

/// Eve has Ana's password and a passkey of her own.
#[test]
fn a_passkey_counts_for_its_own_account_alone_and_says_it_where_nobody_else_does() {
    for scene in &*SCENES {
        let known = Ceremony { account: Some(ANA), ..SIGN_IN };
        let passkey = (&scene.registered.credential_id[..], &[][..]);
        let options = scene.site.request_options(&known, [3; 16], [passkey]).unwrap();
        let mut authenticator = scene.assertion.clone();
        authenticator.client_data = authenticator.answering(&options);
        let with_handle = authenticator.assertion();
        let mut without = with_handle.clone();
        without["response"]["userHandle"] = Value::Null;
        let mut sent = scene.sent(String::new());
        sent.account = Some(ANA);
        for answer in [&with_handle, &without] {
            sent.json = answer.to_string();
            sent.owner = ANA;
            assert_eq!(scene.authenticate(&sent).unwrap().account, ANA);
            sent.owner = EVE;
            assert_eq!(scene.authenticate(&sent), Err(Refusal::UserHandle), "of another's");
        }
        let mut unsaid = scene.assertion.assertion();
        unsaid["response"]["userHandle"] = Value::Null;
        assert_eq!(scene.authenticate(&scene.sent(unsaid.to_string())), Err(Refusal::UserHandle));
    }
}

#[test]
fn a_refused_answer_spends_its_challenge_too() {
    let scene = &SCENES[0];
    let spent = |answer: &Value, counter: u32| {
        let response = AuthenticationResponse::from_json(&answer.to_string()).unwrap();
        let mut sent = scene.sent(answer.to_string());
        sent.counter = counter;
        scene.check(&response, &sent).map_err(|Refused { challenge, .. }| challenge.map(|spent| spent.nonce))
    };
    let right = scene.assertion.assertion();
    assert_eq!(spent(&right, 9), Err(Some([2; 16])), "its count went back");
    let mut forged = scene.assertion.clone();
    forged.forged = Some(vec![0; 64]);
    assert_eq!(spent(&forged.assertion(), 1), Err(Some([2; 16])));
    let mut unasked = scene.assertion.clone();
    unasked.client_data = unasked.answering(&scene.creation_options);
    assert_eq!(spent(&unasked.assertion(), 1), Err(None), "a challenge of no sign-in");
    let mut unlike = scene.creation.clone();
    unlike.authenticator_data[0] ^= 1;
    let response = RegistrationResponse::from_json(&unlike.registration().to_string()).unwrap();
    let refused = scene.site.register(&response, &CREATION).unwrap_err();
    assert_eq!(refused.refusal, Refusal::RpId);
    assert_eq!(refused.challenge.map(|spent| spent.nonce), Some([1; 16]));
}

#[test]
fn an_answer_for_one_purpose_or_account_is_none_for_another() {
    let scene = &SCENES[0];
    let made = RegistrationResponse::from_json(&scene.creation.registration().to_string()).unwrap();
    for (ceremony, refusal) in [
        (Ceremony { account: Some(EVE), ..CREATION }, Refusal::Challenge),
        (Ceremony { account: None, ..CREATION }, Refusal::UserHandle),
        (Ceremony { purpose: Purpose::SignIn, ..CREATION }, Refusal::Type),
        (Ceremony { purpose: Purpose::Confirmation, ..CREATION }, Refusal::Type),
    ] {
        assert_eq!(scene.site.register(&made, &ceremony).unwrap_err().refusal, refusal);
    }
}

#[test]
fn nothing_is_asked_that_cannot_be_answered() {
    let site = &SCENES[0].site;
    let user = NewUser { name: "ana", display_name: "Ana" };
    let passkey = (&[7; 16][..], &[][..]);
    for ceremony in [
        Ceremony { browser: b"", ..CREATION },
        Ceremony { account: None, ..CREATION },
        Ceremony { purpose: Purpose::SignIn, ..CREATION },
    ] {
        assert_eq!(site.creation_options(&ceremony, [1; 16], "x", &user, []), Err(Unanswerable));
    }
    let known = Ceremony { account: Some(ANA), ..SIGN_IN };
    assert!(site.request_options(&known, [1; 16], [passkey]).is_ok());
    assert_eq!(site.request_options(&known, [1; 16], []), Err(Unanswerable), "any passkey would do");
    for ceremony in [SIGN_IN, Ceremony { browser: b"", ..known }, CREATION] {
        assert_eq!(site.request_options(&ceremony, [1; 16], [passkey]), Err(Unanswerable));
    }
}

/// The longest that are taken, and one that is longer.
#[test]
fn long_ids_and_keys_are_taken_up_to_their_limits() {
    let scene = &SCENES[1];
    for (length, good) in [(1, true), (255, true), (256, true), (1023, true), (1024, false)] {
        let mut made = scene.creation.clone();
        made.rename(vec![7; length]);
        let registered = scene.register(&scene.sent(made.registration().to_string()));
        assert_eq!(registered.is_ok(), good, "{length}: {registered:?}");
    }
    let long = &mut SoftAuthenticator::new(KeyKind::LongRs256);
    let made = long.create(ORIGIN, &scene.creation_options);
    let registered = scene.register(&scene.sent(made.to_string())).unwrap();
    let used = long.get(ORIGIN, &scene.request_options);
    let mut sent = scene.sent(used.to_string());
    (sent.id, sent.public_key) = (registered.credential_id, registered.public_key);
    assert_eq!(scene.authenticate(&sent).unwrap().counter, 2);
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
    let known = Ceremony { account: Some(ANA), ..SIGN_IN };
    let passkey = (&scene.registered.credential_id[..], &scene.registered.transports[..]);
    let options = scene.site.request_options(&known, [3; 16], [passkey]).unwrap();
    let id = scene.creation.registration()["id"].clone();
    assert_eq!(
        options["allowCredentials"],
        json!([{"type": "public-key", "id": id, "transports": ["hybrid", "internal"]}])
    );
    let user = NewUser { name: "ana", display_name: "Ana" };
    let options = scene.site.creation_options(&CREATION, [3; 16], "x", &user, [passkey]).unwrap();
    assert_eq!(options["excludeCredentials"][0]["id"], id);
    assert_eq!(scene.assertion.user_handle, ANA.0);
}
