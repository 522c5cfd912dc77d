//! Email addresses: one spelling an account, and whoever signs up can sign in by what they typed (P3).
#![no_main]

use accounts::identifier;
use domain::{Identifier, PASSWORD_MIN, RegistrationForm, SignInForm};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|typed: &str| {
    if let Some(canonical) = identifier::email(typed) {
        judge(&canonical);
    }
    let password = "violet staircase under rain";
    let form = RegistrationForm { email: typed.to_owned(), password: password.into(), ..Default::default() };
    let Ok(registration) = form.parse(PASSWORD_MIN) else { return };
    let Some(canonical) = identifier::email(registration.email.as_str()) else { return };
    let form = SignInForm { identifier: typed.to_owned(), password: password.into(), ..Default::default() };
    let sign_in = form.parse().expect("what signs up has the shape of what signs in");
    assert_eq!(identifier::canonical(&sign_in.identifier), Identifier::Email(canonical));
});

fn judge(canonical: &str) {
    assert_eq!(identifier::email(canonical).as_deref(), Some(canonical), "it is its own canonical form");
    assert_eq!(
        identifier::email(&format!(" {canonical}. ")).as_deref(),
        Some(canonical),
        "blanks and root dot"
    );
    let shouted = canonical.to_ascii_uppercase();
    assert_eq!(identifier::email(&shouted).as_deref(), Some(canonical), "case");
    let (local, host) = canonical.rsplit_once('@').expect("it has both parts");
    assert!(!local.is_empty() && !host.is_empty() && canonical.len() <= 320);
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.".contains(&byte);
    assert!(host.bytes().all(plain), "the domain is an A-label in lower case");
}
