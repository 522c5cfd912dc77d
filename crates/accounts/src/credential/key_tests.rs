use super::*;

const NOW: OffsetDateTime = time::macros::datetime!(2026-11-21 10:00 UTC);
const LEAD: Duration = Duration::hours(1);

fn ids(ring: &KeyRing, now: OffsetDateTime) -> Vec<String> {
    ring.jwks(now).keys.into_iter().map(|key| key.common.key_id.unwrap()).collect()
}

#[test]
fn a_rotated_file_keeps_its_keys_until_they_verify_nothing() {
    let first = SigningKey::generate_ed25519_pem().unwrap();
    let second = KeyRing::rotate_ed25519_pem(&first, NOW, LEAD).unwrap();
    let (one, two) = (KeyRing::ed25519_pem(&first).unwrap(), KeyRing::ed25519_pem(&second).unwrap());
    assert_eq!(ids(&one, NOW).len(), 1);
    assert_eq!(ids(&two, NOW)[0], ids(&one, NOW)[0], "the retired key is the first one's");
    assert_eq!(ids(&two, NOW).len(), 2, "the next key is known before it signs");
    let retired_at = NOW + LEAD;
    assert_eq!(ids(&two, retired_at + Duration::days(8) - Duration::SECOND).len(), 2);
    assert_eq!(ids(&two, retired_at + Duration::days(8)), ids(&two, NOW)[1..]);
    let third = KeyRing::rotate_ed25519_pem(&second, retired_at + Duration::days(8), LEAD).unwrap();
    assert_eq!(third.matches("BEGIN PRIVATE KEY").count(), 2, "the first one is dropped");
    let soon = KeyRing::rotate_ed25519_pem(&second, retired_at + Duration::days(1), LEAD).unwrap();
    assert_eq!(soon.matches("BEGIN PRIVATE KEY").count(), 3);
}

#[test]
fn the_public_document_holds_public_keys_only() {
    let text = SigningKey::generate_ed25519_pem().unwrap();
    let json = serde_json::to_value(KeyRing::ed25519_pem(&text).unwrap().jwks(NOW)).unwrap();
    let key = json["keys"][0].as_object().unwrap();
    let mut names: Vec<_> = key.keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["alg", "crv", "kid", "kty", "use", "x"]);
    assert_eq!((&key["kty"], &key["crv"], &key["alg"]), (&"OKP".into(), &"Ed25519".into(), &"EdDSA".into()));
    assert_eq!(URL_SAFE_NO_PAD.decode(key["x"].as_str().unwrap()).unwrap().len(), 32);
    let secret = KeyRing::from(SigningKey::hs256(&[7; 32]).unwrap());
    assert_eq!(serde_json::to_string(&secret.jwks(NOW)).unwrap(), r#"{"keys":[]}"#);
}

#[test]
fn weak_or_broken_keys_stop_the_start() {
    assert!(SigningKey::hs256(&[7; 31]).is_err());
    let good = SigningKey::generate_ed25519_pem().unwrap();
    let (body, header) = (good.split_once('\n').unwrap().1, "-----BEGIN PRIVATE KEY-----");
    for bad in [
        String::new(),
        "not pem".to_owned(),
        format!("{header}\nAAAA\n-----END PRIVATE KEY-----\n"),
        format!("{good}{header}\nAAAA\n-----END PRIVATE KEY-----\n"),
        format!("{good}{good}"),
        format!("{header}\nSigns-From: tomorrow\n\n{body}"),
        format!("{header}\nSigns-From: 99999999999999999\n\n{body}"),
    ] {
        assert!(KeyRing::ed25519_pem(&bad).is_err(), "{}", bad.len());
        assert!(KeyRing::rotate_ed25519_pem(&bad, NOW, LEAD).is_err(), "{}", bad.len());
    }
}
