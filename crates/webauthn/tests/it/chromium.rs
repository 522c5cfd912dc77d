use crate::scene::{ANA, CREATION, SIGN_IN};
use serde_json::Value;
use webauthn::{AuthenticationResponse, Credential, RegistrationResponse, RelyingParty, Transport};

/// Recorded by `chromium.mjs`; the key of a passkey is gone with the browser that made it.
#[test]
fn what_chromium_answers_is_accepted() {
    let recorded: Value = serde_json::from_str(include_str!("chromium.json")).unwrap();
    let site = RelyingParty::new("http://localhost:8000", &[7; 32]).unwrap();
    let answers = recorded["answers"].as_array().unwrap();
    for answer in answers {
        let response = RegistrationResponse::from_json(&answer["registration"].to_string()).unwrap();
        let registered = site.register(&response, &CREATION).unwrap();
        assert_eq!(answer["algorithm"], registered.public_key.algorithm().cose());
        assert_eq!(registered.transports, [Transport::Internal]);
        let response = AuthenticationResponse::from_json(&answer["assertion"].to_string()).unwrap();
        let credential = Credential {
            id: response.credential_id(),
            owner: ANA,
            public_key: &registered.public_key,
            counter: registered.counter,
            backup_eligible: registered.backup_eligible,
        };
        assert_eq!(site.authenticate(&response, &credential, &SIGN_IN).unwrap().counter, 2);
    }
    assert_eq!(answers.len(), 3);
}
