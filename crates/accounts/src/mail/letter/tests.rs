use super::*;
use crate::mail::notice::MissedStep;
use std::path::Path;
use time::macros::datetime;

const BASE: &str = "https://accounts.acme.example";
const TOKEN: &str = "hZ0tq3Xr8s1mVbP7Kc2LwYdN5aEfUjGiQo4T6xR9yBk";
const CODE: &str = "K7QWM-2FZ6A";

fn sender<'a>() -> Sender<'a> {
    Sender {
        app_name: "Acme",
        base_url: BASE,
        support_url: Some("https://www.acme.example/help"),
        logo: None,
    }
}

fn missed(client: &str, address: &str) -> MissedStep {
    let at = datetime!(2026-11-27 14:05 UTC).unix_timestamp();
    MissedStep { at, client: client.to_owned(), address: address.to_owned() }
}

/// The values of a letter.
struct Values<'a> {
    reset: &'a str,
    verify: &'a str,
    invite: &'a str,
    not_me: &'a str,
    sign_in: &'a str,
    forgot: &'a str,
    code: &'a str,
    client: &'a str,
    address: &'a str,
    new_email: &'a str,
    missed: Vec<MissedStep>,
}

impl Default for Values<'_> {
    fn default() -> Self {
        Self {
            reset: "https://accounts.acme.example/reset#hZ0tq3Xr8s1mVbP7Kc2LwYdN5aEfUjGiQo4T6xR9yBk",
            verify: "https://accounts.acme.example/verify#hZ0tq3Xr8s1mVbP7Kc2LwYdN5aEfUjGiQo4T6xR9yBk",
            invite: "https://accounts.acme.example/invite#hZ0tq3Xr8s1mVbP7Kc2LwYdN5aEfUjGiQo4T6xR9yBk",
            not_me: "https://accounts.acme.example/not-me#hZ0tq3Xr8s1mVbP7Kc2LwYdN5aEfUjGiQo4T6xR9yBk",
            sign_in: "https://accounts.acme.example/login",
            forgot: "https://accounts.acme.example/forgot",
            code: CODE,
            client: "Firefox on Linux",
            address: "203.0.113.7",
            new_email: "ana@example.org",
            missed: vec![
                missed("Firefox on Linux", "203.0.113.7"),
                missed("Chrome on Android", "203.0.113.9"),
            ],
        }
    }
}

/// The notices to an address that the owner has proven.
const NOTICES: [&str; 15] = [
    "email-change-requested",
    "email-changed",
    "password-changed",
    "password-reset",
    "new-device",
    "token-reused",
    "restored",
    "closing",
    "closes-soon",
    "factor-added",
    "factor-replaced",
    "factor-removed",
    "second-step-missed",
    "recovery-codes-made",
    "recovery-code-used",
];

/// The same to one that nobody has proven.
const NOTICES_TO_UNPROVEN: [&str; 15] = [
    "email-change-requested-unproven",
    "email-changed-unproven",
    "password-changed-unproven",
    "password-reset-unproven",
    "new-device-unproven",
    "token-reused-unproven",
    "restored-unproven",
    "closing-to-an-unproven-address",
    "closes-soon-to-an-unproven-address",
    "factor-added-unproven",
    "factor-replaced-unproven",
    "factor-removed-unproven",
    "second-step-missed-unproven",
    "recovery-codes-made-unproven",
    "recovery-code-used-unproven",
];

/// One of each, and of each with another text, by the names of their files.
fn all<'a>(values: &'a Values<'a>) -> Vec<(&'static str, Letter<'a>)> {
    let Values { verify, code, client, address, new_email, sign_in, forgot, .. } = *values;
    let missed = &values.missed;
    let (when, closes) = (datetime!(2026-11-27 14:05 UTC), datetime!(2026-12-11 14:05 UTC));
    let mut letters = vec![
        ("reset", Letter::Reset { link: values.reset, code, minutes: 10 }),
        ("verify", Letter::Verify { link: verify, code, hours: 24 }),
        ("sign-up", Letter::SignUp { link: verify, code, hours: 24 }),
        ("already-registered", Letter::AlreadyRegistered { sign_in, forgot }),
        ("confirm-new-email", Letter::ConfirmNewEmail { link: verify, code, hours: 24 }),
        ("email-is-yours", Letter::EmailIsYours),
        ("disabled", Letter::Disabled),
        ("factors-cleared", Letter::FactorsCleared { when }),
        ("deleted", Letter::Deleted { when, client }),
        ("recovered", Letter::Recovered { when, client, factor_stays: false, restored: false }),
        ("recovered-factor-stays", Letter::Recovered { when, client, factor_stays: true, restored: false }),
        (
            "recovered-factors-restored",
            Letter::Recovered { when, client, factor_stays: false, restored: true },
        ),
        ("sign-in-code", Letter::SignInCode { code, minutes: 10, sign_in_page: sign_in }),
        ("trial", Letter::Trial),
        ("confirmation-code", Letter::ConfirmationCode { code, minutes: 10, page: sign_in }),
        ("invite", Letter::Invite { link: values.invite, code, days: 7, role_is_admin: false }),
        ("invite-admin", Letter::Invite { link: values.invite, code, days: 7, role_is_admin: true }),
    ];
    for (not_me, names) in
        [(Some(NotMe { link: values.not_me, code, days: 7 }), NOTICES), (None, NOTICES_TO_UNPROVEN)]
    {
        let factor = |change| Letter::Factor { change, when, client, not_me };
        letters.extend(names.into_iter().zip([
            Letter::EmailChangeRequested { new_email, not_me },
            Letter::EmailChanged { new_email, not_me },
            Letter::PasswordChanged { when, client, not_me },
            Letter::PasswordReset { when, client, not_me },
            Letter::NewDevice { when, client, address, not_me },
            Letter::TokenReused { when, client, not_me },
            Letter::Restored { when, client, not_me },
            Letter::Closing { closes, when, client, sign_in, not_me },
            Letter::ClosesSoon { closes, sign_in, not_me },
            factor(FactorChange::Added("otp")),
            factor(FactorChange::Replaced),
            factor(FactorChange::Removed("otp")),
            factor(FactorChange::Missed(missed)),
            factor(FactorChange::CodesMade),
            factor(FactorChange::CodeUsed { left: 9 }),
        ]));
    }
    letters
}

/// With `LETTERS` set they are also written, for `npm run letters` in end2end to take pictures of.
#[test]
fn every_letter_says_the_same_in_both_forms() {
    let folder = std::env::var_os("LETTERS")
        .map(|_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target/letters"));
    for (name, letter) in all(&Values::default()) {
        let Composed { subject, text, html } = letter.compose(&sender()).unwrap();
        assert!(subject.contains("Acme") && subject.len() <= 72, "{name}: {subject}");
        assert!(!subject.contains(CODE) && !subject.contains(TOKEN), "{name}");
        for value in [TOKEN, CODE, "ana@example.org", "Firefox on Linux", "203.0.113.7", "14:05 UTC"] {
            assert_eq!(text.contains(value), html.contains(value), "{name}: {value}");
        }
        for anchor in html.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
            let own = anchor.starts_with(BASE);
            assert!(own || anchor == "https://www.acme.example/help", "{name}: {anchor}");
            let shown = text.lines().any(|line| line == anchor);
            assert!(shown || !own, "{name}: {anchor}");
        }
        for part in [&text, &html] {
            assert!(part.len() <= 30_000, "{name}: {}", part.len());
            assert!(part.lines().all(|line| line.len() <= 998), "{name}");
        }
        let shape = ["<h1 ", "<title>", "lang=\"en\"", "color-scheme", "prefers-color-scheme"];
        assert!(shape.iter().all(|part| html.matches(part).count() > 0), "{name}");
        let foreign = ["<img", "<script", "<form", "<input", "url(", "@import", "<link", " on", "srcset"];
        for tag in html.split('<').skip(1).map(|rest| format!("<{}", rest.split('>').next().unwrap())) {
            assert!(!foreign.iter().any(|word| tag.contains(word)), "{name}: {tag}");
        }
        if let Some(folder) = &folder {
            std::fs::create_dir_all(folder).unwrap();
            std::fs::write(folder.join(format!("{name}.html")), &html).unwrap();
            std::fs::write(folder.join(format!("{name}.txt")), format!("{subject}\n\n{text}")).unwrap();
        }
    }
}

#[test]
fn a_logo_comes_with_the_mail() {
    let png = b"\x89PNG\r\n\x1a\n\0\0\0\x0dIHDR\0\0\x01\x40\0\0\0\x50\x08\x06\0\0\0".to_vec();
    let logo = Logo::new(png).unwrap();
    let html = Letter::Disabled.compose(&Sender { logo: Some(&logo), ..sender() }).unwrap().html;
    assert_eq!((html.matches("<img").count(), html.matches("src=").count()), (1, 1));
    assert!(html.contains("<img src=\"cid:logo\" width=\"128\" height=\"32\" alt=\"\""), "{html}");
}

#[test]
fn no_value_is_markup_or_begins_a_line() {
    let bad = "\"'><script>alert(1)</script>\r\nBcc: you@example.com\u{2028}<b>";
    let values = Values { code: bad, client: bad, address: bad, new_email: bad, ..Values::default() };
    let sender = Sender { app_name: bad, ..sender() };
    for (name, letter) in all(&values) {
        let Composed { subject, text, html } = letter.compose(&sender).unwrap();
        assert!(!subject.contains(['\r', '\n', '\u{2028}']), "{name}: {subject}");
        assert!(!text.contains(['\r', '\u{2028}']), "{name}");
        assert!(html.contains("&lt;script&gt;"), "{name}");
        for markup in ["<script", "</script", "<b>", "\"'>", "'><"] {
            assert!(!html.contains(markup), "{name}: {markup}");
        }
    }
}

#[test]
fn every_link_is_one_of_ours() {
    for foreign in [
        "javascript:alert(1)",
        "https://evil.example/reset#x",
        "https://accounts.acme.example.evil.example/reset",
        "https://accounts.acme.example@evil.example/",
        "http://accounts.acme.example/reset",
        "//accounts.acme.example/reset",
        "/reset",
        "",
        "https://accounts.acme.example/reset#\"onclick=\"x",
        "https://accounts.acme.example/reset\r\n#x",
        "https://accounts.acme.example/<b>",
        "https://accounts.acme.example/reset #x",
    ] {
        let values = Values {
            reset: foreign,
            verify: foreign,
            invite: foreign,
            not_me: foreign,
            sign_in: foreign,
            forgot: foreign,
            ..Values::default()
        };
        for (name, letter) in all(&values) {
            let own = ["email-is-yours", "disabled", "factors-cleared", "deleted", "trial"].contains(&name)
                || name.starts_with("recovered")
                || name.ends_with("-unproven");
            assert_eq!(letter.compose(&sender()).is_ok(), own, "{name}: {foreign}");
        }
    }
    for (url, good) in [
        ("https://www.acme.example/help", true),
        ("mailto:help@acme.example", true),
        ("javascript:alert(1)", false),
        ("data:text/html,x", false),
        ("https://www.acme.example/\"><script>", false),
    ] {
        let sender = Sender { support_url: Some(url), ..sender() };
        assert_eq!(Letter::Disabled.compose(&sender).is_ok(), good, "{url}");
    }
}

#[test]
fn whoever_cannot_undo_is_told_what_to_do_instead() {
    let (when, client) = (datetime!(2026-11-27 14:05 UTC), "curl");
    let letter = Letter::PasswordChanged { when, client, not_me: None };
    let text = letter.compose(&sender()).unwrap().text;
    assert!(text.contains(&format!("\n{BASE}/forgot\n")), "{text}");
    assert!(text.contains("\nhttps://www.acme.example/help\n"), "{text}");
    let without = Sender { support_url: None, ..sender() };
    assert!(!letter.compose(&without).unwrap().html.contains("/help"));
    assert!(Letter::Disabled.compose(&without).unwrap().text.contains("the people who run Acme"));
    let changed = Letter::EmailChanged { new_email: "ana@example.org", not_me: None };
    assert!(!changed.compose(&sender()).unwrap().text.contains("/forgot"), "it knows the address no longer");
}

#[test]
fn a_time_is_said_in_utc() {
    for (when, shown) in [
        (datetime!(2026-11-27 14:05:59 UTC), "27 November 2026, 14:05 UTC"),
        (datetime!(2027-01-01 00:30 +02:00), "31 December 2026, 22:30 UTC"),
        (datetime!(2028-02-29 09:00 UTC), "29 February 2028, 09:00 UTC"),
    ] {
        assert_eq!(notices::date(when), shown);
    }
}

#[test]
fn plain_text_is_wrapped_and_stands_alone() {
    let Values { reset: link, code, .. } = Values::default();
    let letter = Letter::Reset { link, code, minutes: 10 };
    let text = letter.compose(&sender()).unwrap().text;
    assert!(text.lines().all(|line| line.chars().count() <= 72 || line.starts_with(BASE)), "{text}");
    assert!(text.starts_with("Reset your password\n\nSomeone asked"), "{text}");
    assert!(text.contains(&format!("\nChoose a new password:\n{link}\n")), "{text}");
    assert!(text.contains(&format!("\n{BASE}/reset\n\n    {CODE}\n")), "{text}");
    assert!(
        text.contains("for 10 minutes.")
            && text.contains("If this wasn't you, you don't need to do anything.")
    );
    assert!(text.contains("\n-- \nAcme sent this email because"), "{text}");
}
