use super::*;
use crate::credential::SigningKey;
use crate::rng::SystemRng;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::Factor;
use domain::SessionKind::{ApiCookie, Bearer, Browser};
use serde_json::Value;

const NOW: OffsetDateTime = time::macros::datetime!(2026-11-21 10:00 UTC);
const ISSUER: &str = "http://localhost:8000";

fn subject() -> Subject {
    Subject { user: UserId(Uuid::from_u128(1)), session: SessionId(Uuid::from_u128(2)) }
}

fn proofs() -> [Proof; 1] {
    [Proof { factor: Factor::Password, at: NOW }]
}

fn tokens(key: impl Into<KeyRing>, issuer: &str) -> Tokens {
    Tokens::new(&key.into(), issuer, Duration::minutes(30)).unwrap()
}

fn keys() -> [SigningKey; 2] {
    let pem = SigningKey::generate_ed25519_pem().unwrap();
    [SigningKey::ed25519_pem(&pem).unwrap(), SigningKey::hs256(&[7; 32]).unwrap()]
}

/// The claims or the header of a token.
fn part(jwt: &str, index: usize) -> Value {
    let bytes = URL_SAFE_NO_PAD.decode(jwt.split('.').nth(index).unwrap()).unwrap();
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn what_was_issued_is_read_by_either_algorithm() {
    for key in keys() {
        let tokens = tokens(key, ISSUER);
        for kind in [Browser, Bearer, ApiCookie] {
            let jwt = tokens.issue(kind, subject(), &proofs(), &SystemRng, NOW).unwrap();
            assert_eq!(tokens.read(kind, &jwt, NOW), Some(subject()));
            assert_eq!(tokens.read(kind, &jwt, NOW - Duration::seconds(30)), Some(subject()), "leeway");
            assert_eq!(tokens.read(kind, &jwt, NOW - Duration::seconds(31)), None, "not yet begun");
        }
    }
}

#[test]
fn past_its_end_a_cookie_names_its_row_and_an_access_token_nobody() {
    for key in keys() {
        let tokens = tokens(key, ISSUER);
        let [cookie, access] =
            [Browser, Bearer].map(|kind| tokens.issue(kind, subject(), &proofs(), &SystemRng, NOW).unwrap());
        assert_eq!(tokens.read(Browser, &cookie, NOW + Duration::days(7)), Some(subject()));
        let end = NOW + Duration::minutes(30);
        assert_eq!(tokens.read(Bearer, &access, end + Duration::seconds(29)), Some(subject()), "leeway");
        assert_eq!(tokens.read(Bearer, &access, end + Duration::seconds(30)), None);
    }
}

#[test]
fn header_and_claims_are_complete() {
    let [key, _] = keys();
    let tokens = tokens(key, ISSUER);
    let mut audiences = Vec::new();
    for (kind, typ) in [(Browser, "session+jwt"), (Bearer, "at+jwt"), (ApiCookie, "api-session+jwt")] {
        let jwt = tokens.issue(kind, subject(), &proofs(), &SystemRng, NOW).unwrap();
        let (header, claims) = (part(&jwt, 0), part(&jwt, 1));
        assert_eq!((&header["alg"], &header["typ"]), (&"EdDSA".into(), &typ.into()));
        assert!(header["kid"].is_string());
        for claim in ["iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "auth_time", "amr"] {
            assert!(claims.get(claim).is_some(), "{claim}");
        }
        assert_eq!(claims["exp"].as_i64().unwrap() - claims["iat"].as_i64().unwrap(), 30 * 60);
        audiences.push(claims["aud"].clone());
    }
    assert!(audiences[0] != audiences[1] && audiences[1] != audiences[2] && audiences[2] != audiences[0]);
}

#[test]
fn a_token_of_another_key_issuer_or_type_names_nobody() {
    let [ours, shared] = keys();
    let reader = tokens(ours.clone(), ISSUER);
    let strangers = [
        tokens(keys()[0].clone(), ISSUER),
        tokens(shared, ISSUER),
        tokens(ours.clone(), "http://other.example"),
    ];
    for stranger in strangers {
        for kind in [Browser, Bearer] {
            let jwt = stranger.issue(kind, subject(), &proofs(), &SystemRng, NOW).unwrap();
            assert_eq!(reader.read(kind, &jwt, NOW), None);
        }
    }
    // Of the other kind; and with its type put right, or its audience.
    for (kind, other) in [(Browser, Bearer), (Bearer, Browser)] {
        let mut forger = tokens(ours.clone(), ISSUER);
        assert_eq!(
            reader.read(kind, &forger.issue(other, subject(), &proofs(), &SystemRng, NOW).unwrap(), NOW),
            None
        );
        std::mem::swap(&mut forger.cookie.typ, &mut forger.access.typ);
        for signed_as in [kind, other] {
            let jwt = forger.issue(signed_as, subject(), &proofs(), &SystemRng, NOW).unwrap();
            assert_eq!(reader.read(kind, &jwt, NOW), None);
        }
    }
}

#[test]
fn no_kind_of_token_passes_for_another() {
    for key in keys() {
        let tokens = tokens(key, ISSUER);
        for issued in [Browser, Bearer, ApiCookie] {
            let jwt = tokens.issue(issued, subject(), &proofs(), &SystemRng, NOW).unwrap();
            for read in [Browser, Bearer, ApiCookie] {
                let expected = (read == issued).then(subject);
                assert_eq!(tokens.read(read, &jwt, NOW), expected, "{issued:?} read as {read:?}");
            }
        }
    }
}

#[test]
fn a_retired_key_verifies_eight_days_more_and_the_next_one_already() {
    let text = SigningKey::generate_ed25519_pem().unwrap();
    let rotated = KeyRing::rotate_ed25519_pem(&text, NOW, Duration::hours(1)).unwrap();
    let [old, both] = [text, rotated].map(|text| tokens(KeyRing::ed25519_pem(&text).unwrap(), ISSUER));
    let retired_at = NOW + Duration::hours(1);
    let before =
        both.issue(Browser, subject(), &proofs(), &SystemRng, retired_at - Duration::SECOND).unwrap();
    let after = both.issue(Browser, subject(), &proofs(), &SystemRng, retired_at).unwrap();
    assert_eq!(part(&before, 0)["kid"], old.keys[0].id);
    assert_ne!(part(&after, 0)["kid"], old.keys[0].id);
    assert_eq!(both.read(Browser, &after, retired_at - Duration::seconds(30)), Some(subject()));
    let end = retired_at + Duration::days(8);
    assert_eq!(both.read(Browser, &before, end - Duration::SECOND), Some(subject()));
    assert_eq!(both.read(Browser, &before, end), None);
    assert_eq!(both.read(Browser, &after, end), Some(subject()));
}

#[test]
fn a_retired_key_signs_nothing_new() {
    let text = SigningKey::generate_ed25519_pem().unwrap();
    let rotated = KeyRing::rotate_ed25519_pem(&text, NOW, Duration::hours(1)).unwrap();
    let [thief, ours] = [text, rotated].map(|text| tokens(KeyRing::ed25519_pem(&text).unwrap(), ISSUER));
    let retired_at = NOW + Duration::hours(1);
    for kind in [Browser, Bearer] {
        for (seconds, expected) in [(0, Some(subject())), (30, Some(subject())), (31, None), (86_400, None)] {
            let at = retired_at + Duration::seconds(seconds);
            let jwt = thief.issue(kind, subject(), &proofs(), &SystemRng, at).unwrap();
            assert_eq!(ours.read(kind, &jwt, at), expected, "{seconds} s after");
        }
    }
}

/// Dated back, an access token is good for no longer than one of that time could have been.
#[test]
fn what_a_thief_of_a_retired_key_dates_back_ends_within_a_day() {
    let text = SigningKey::generate_ed25519_pem().unwrap();
    let rotated = KeyRing::rotate_ed25519_pem(&text, NOW, Duration::hours(1)).unwrap();
    let ours = tokens(KeyRing::ed25519_pem(&rotated).unwrap(), ISSUER);
    let retired_at = NOW + Duration::hours(1);
    for (lifetime, expected) in [(Duration::days(1), Some(subject())), (Duration::days(8), None)] {
        let mut thief = tokens(KeyRing::ed25519_pem(&text).unwrap(), ISSUER);
        thief.lifetime = lifetime;
        let jwt = thief.issue(Bearer, subject(), &proofs(), &SystemRng, retired_at).unwrap();
        assert_eq!(ours.read(Bearer, &jwt, retired_at + Duration::hours(23)), expected);
        assert_eq!(ours.read(Bearer, &jwt, retired_at + Duration::hours(25)), None);
    }
}

/// What a token was read as stays with it.
#[test]
fn a_token_that_was_read_as_another_kind_names_nobody() {
    for kind in [Browser, ApiCookie] {
        let read = ReadToken { kind, subject: Some(subject()) };
        assert_eq!((read.of(kind), read.of(Bearer)), (Some(subject()), None));
    }
}

#[test]
fn debug_output_shows_no_secret() {
    let [key, secret] = keys();
    let token = SessionToken { jwt: "eyJ.secret.jwt".into(), max_age: None };
    let shown = format!("{key:?} {secret:?} {token:?}");
    assert!(!shown.contains("eyJ") && !shown.contains('7'), "{shown}");
}

#[path = "forgery_tests.rs"]
mod forgery;
