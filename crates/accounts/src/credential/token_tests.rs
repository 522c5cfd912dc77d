use super::*;
use crate::rng::SystemRng;
use serde_json::{Value, json};

const NOW: OffsetDateTime = OffsetDateTime::UNIX_EPOCH;

fn subject() -> Subject {
    Subject {
        user: UserId(Uuid::from_u128(1)),
        session: SessionId(Uuid::from_u128(2)),
        authenticated_at: NOW,
    }
}

fn tokens(key: SigningKey, issuer: &str) -> Tokens {
    Tokens::new(&Settings::new(key, issuer)).unwrap()
}

fn keys() -> [SigningKey; 2] {
    let pem = SigningKey::generate_ed25519_pem().unwrap();
    [SigningKey::ed25519_pem(&pem).unwrap(), SigningKey::hs256(&[7; 32]).unwrap()]
}

fn segment(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

#[test]
fn what_was_issued_is_read_by_either_algorithm() {
    for key in keys() {
        let tokens = tokens(key, "http://localhost:8000");
        let jwt = tokens.issue(subject(), &SystemRng, NOW).unwrap();
        assert_eq!(tokens.read(&jwt, NOW), Some(subject()));
        assert_eq!(tokens.read(&jwt, NOW + Duration::days(2)), Some(subject()), "the row decides, not exp");
        assert_eq!(tokens.read(&jwt, NOW - Duration::seconds(29)), Some(subject()), "within the leeway");
        assert_eq!(tokens.read(&jwt, NOW - Duration::seconds(31)), None, "not yet begun");
    }
}

#[test]
fn header_and_claims_are_complete() {
    let [key, _] = keys();
    let jwt = tokens(key, "http://localhost:8000").issue(subject(), &SystemRng, NOW).unwrap();
    let part = |index: usize| -> Value {
        let bytes = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index).unwrap()).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    };
    assert_eq!(part(0)["alg"], "EdDSA");
    assert_eq!(part(0)["typ"], "session+jwt");
    assert!(part(0)["kid"].is_string());
    for claim in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "auth_time", "amr"] {
        assert!(part(1).get(claim).is_some(), "{claim}");
    }
    assert_eq!(part(1)["exp"], 30 * 60);
}

#[test]
fn a_token_of_another_key_issuer_or_type_names_nobody() {
    let [ours, shared] = keys();
    let reader = tokens(ours.clone(), "http://localhost:8000");
    let strangers = [
        tokens(keys()[0].clone(), "http://localhost:8000"),
        tokens(shared, "http://localhost:8000"),
        tokens(ours.clone(), "http://other.example"),
    ];
    for stranger in strangers {
        let jwt = stranger.issue(subject(), &SystemRng, NOW).unwrap();
        assert_eq!(reader.read(&jwt, NOW), None);
    }
    let mut bearer = tokens(ours, "http://localhost:8000");
    bearer.header.typ = Some("at+jwt".to_owned());
    assert_eq!(reader.read(&bearer.issue(subject(), &SystemRng, NOW).unwrap(), NOW), None);
}

#[test]
fn forged_tokens_name_nobody() {
    let [key, _] = keys();
    let tokens = tokens(key, "http://localhost:8000");
    let jwt = tokens.issue(subject(), &SystemRng, NOW).unwrap();
    let parts: Vec<&str> = jwt.split('.').collect();
    let claims = parts[1];
    let Key::Ed25519 { ref public, .. } = keys()[0].0 else { unreachable!() };
    let confused = EncodingKey::from_secret(public);
    let hs = jsonwebtoken::encode(&Header::new(Algorithm::HS256), &json!({"sub": "x"}), &confused).unwrap();
    let mut forged = vec![
        String::new(),
        ".".repeat(2),
        hs,
        format!("{}.{claims}.", segment(&json!({"alg": "none", "typ": "session+jwt"}))),
        format!("{}.{claims}.{}", segment(&json!({"alg": "HS256", "typ": "session+jwt"})), parts[2]),
        format!("{}.{}.{}", parts[0], segment(&json!({"sub": Uuid::nil()})), parts[2]),
        format!("{jwt}.{jwt}"),
        format!("{jwt}A"),
        jwt.to_uppercase(),
    ];
    // Every truncation, and every single changed character of header, claims and signature.
    forged.extend((1..jwt.len()).map(|end| jwt[..end].to_owned()));
    forged.extend((0..jwt.len()).filter(|&at| at + 1 < jwt.len()).map(|at| {
        let swapped = if jwt.as_bytes()[at] == b'A' { "Q" } else { "A" };
        format!("{}{swapped}{}", &jwt[..at], &jwt[at + 1..])
    }));
    assert!(forged.len() >= 400);
    for token in forged {
        assert_eq!(tokens.read(&token, NOW), None, "{token}");
    }
}

#[test]
fn weak_or_broken_keys_stop_the_start() {
    assert!(SigningKey::hs256(&[7; 31]).is_err());
    for bad in ["", "not pem", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"] {
        assert!(SigningKey::ed25519_pem(bad).is_err());
    }
}

#[test]
fn debug_output_shows_no_secret() {
    let [key, secret] = keys();
    let token = SessionToken { jwt: "eyJ.secret.jwt".into(), max_age: None };
    let shown = format!("{key:?} {secret:?} {token:?}");
    assert!(!shown.contains("eyJ") && !shown.contains('7'), "{shown}");
}
