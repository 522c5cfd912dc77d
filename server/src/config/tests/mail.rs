//! What may be said to a mail server goes over TLS, and no password is shown.

use super::{Config, raw};
use crate::config::{MailConfig, MailTransport, SmtpServer, mail_address};
use accounts::identifier;
use domain::AddressForm;
use lettre::transport::smtp::authentication::Credentials;
use std::fmt::Write;

const BASE: [(&str, &str); 3] = [
    ("BASE_URL", "http://localhost:8000"),
    ("ALGORITHM", "HS256"),
    ("SECRET_KEY", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"),
];

fn judged(env: &str, pairs: &[(&str, &str)]) -> Result<Config, String> {
    let all: Vec<_> = BASE.iter().chain([&("APP_ENV", env)]).chain(pairs).copied().collect();
    Config::new(&raw(&all)).map_err(|errors| errors.to_string())
}

fn with_url(env: &str, url: &str) -> Result<SmtpServer, String> {
    let mail = judged(env, &[("SMTP_URL", url), ("MAIL_FROM", "no-reply@example.com")])?.mail;
    let MailTransport::Smtp(server) = mail.transport else { panic!("{url} is no transport") };
    Ok(server)
}

/// Scheme, host and port as they are used.
fn used(server: &SmtpServer) -> String {
    format!("{:?} {} {}", server.tls, server.host, server.port)
}

#[test]
fn ways_that_are_encrypted_are_taken_everywhere() {
    for (url, expected) in [
        ("smtps://mail.example.com", "Wrapper mail.example.com 465"),
        ("SMTPS://mail.example.com/", "Wrapper mail.example.com 465"),
        ("smtps://mail.example.com:8465?tls=required", "Wrapper mail.example.com 8465"),
        ("smtp://mail.example.com?tls=required", "Required mail.example.com 587"),
        ("smtp://mail.example.com:25?tls=required", "Required mail.example.com 25"),
        ("smtps://192.0.2.7", "Wrapper 192.0.2.7 465"),
        ("smtps://[2001:db8::7]:465", "Wrapper 2001:db8::7 465"),
        ("smtp://mail_relay?tls=required", "Required mail_relay 587"),
    ] {
        for env in ["development", "production"] {
            assert_eq!(used(&with_url(env, url).expect(url)), expected, "{url}");
        }
    }
}

#[test]
fn in_production_a_way_that_may_be_plain_is_for_loopback_alone() {
    for (host, loopback) in [
        ("127.0.0.1:1025", true),
        ("127.8.9.10", true),
        ("localhost:1025", true),
        ("[::1]:1025", true),
        ("mail.example.com", false),
        ("localhost.example.com", false),
        ("192.168.1.5", false),
        ("10.0.0.1:25", false),
        ("0.0.0.0", false),
        ("[2001:db8::1]", false),
    ] {
        for (query, tls) in [("", "None"), ("?tls=opportunistic", "Opportunistic")] {
            let url = format!("smtp://{host}{query}");
            assert!(used(&with_url("development", &url).expect(&url)).starts_with(tls), "{url}");
            match with_url("production", &url) {
                Ok(server) => assert!(loopback && used(&server).starts_with(tls), "{url}"),
                Err(message) => {
                    assert!(!loopback && message.starts_with("SMTP_URL: the way to "), "{message}");
                    assert!(message.contains("smtps://") && message.contains("?tls=required"), "{message}");
                }
            }
        }
    }
}

#[test]
fn user_and_password_are_percent_decoded() {
    for (url, user, password) in [
        ("smtps://ana:secret@mail.example.com", "ana", "secret"),
        ("smtps://ana%40example.com:p%2Fa%3As%23s%25@mail.example.com", "ana@example.com", "p/a:s#s%"),
        ("smtps://apikey:SG.a-b_c%C3%A9:more@mail.example.com", "apikey", "SG.a-b_cé:more"),
    ] {
        let server = with_url("production", url).expect(url);
        let credentials = Credentials::new(user.to_owned(), password.to_owned());
        assert_eq!(server.credentials, Some(credentials), "{url}");
    }
    assert_eq!(with_url("production", "smtps://mail.example.com").unwrap().credentials, None);
}

#[test]
fn what_is_not_understood_is_refused_and_never_repeated() {
    for (url, advice) in [
        ("mail.example.com", "it cannot be read"),
        ("canary:25", "it cannot be read"),
        ("smtps:", "it cannot be read"),
        ("smtps://", "it cannot be read"),
        ("https://ana:canary@mail.example.com", "neither smtps: nor smtp:"),
        ("smtps://ana:12#canary@mail.example.com", "%40"),
        ("smtps://ana:12/canary@mail.example.com", "%40"),
        ("smtps://ana:12?canary@mail.example.com", "%40"),
        ("smtps://ana:can%0Aary@mail.example.com", "control characters"),
        ("smtps://ana%0D%0A:canary@mail.example.com", "control characters"),
        ("smtps://ana:canary%@mail.example.com", "before the @"),
        ("smtps://ana:canary%ZZ@mail.example.com", "before the @"),
        ("smtps://ana:canary%+1@mail.example.com", "before the @"),
        ("smtps://ana:canary%FF@mail.example.com", "before the @"),
        ("smtps://:canary@mail.example.com", "before the @"),
        ("smtps://canary@mail.example.com", "before the @"),
        ("smtps://canary:@mail.example.com", "before the @"),
        ("smtps://mail.example.com:99999", "it cannot be read"),
        ("smtps://mail.example.com:0", "it cannot be read"),
        ("smtps://mail.example.com/canary", "it cannot be read"),
        ("smtps://[canary]", "it cannot be read"),
        ("smtp://mail.example.com?tls=canary", "only tls=required"),
        ("smtp://mail.example.com?tls=required&canary", "only tls=required"),
        ("smtps://mail.example.com?tls=opportunistic", "only tls=required"),
        ("smtps://mail.exam\nple.com", "it cannot be read"),
        ("smtps://mail.example.com\r\ncanary", "it cannot be read"),
        ("smtps://bücher.example", "it cannot be read"),
    ] {
        for env in ["development", "production"] {
            let message = with_url(env, url).expect_err(url);
            assert!(message.starts_with("SMTP_URL: ") && message.contains(advice), "{url}: {message}");
            assert!(!message.contains("canary"), "{message}");
        }
    }
}

#[test]
fn no_password_is_shown() {
    let pairs = [("SMTP_URL", "smtps://ana:hunter2@mail.example.com"), ("MAIL_FROM", "no-reply@example.com")];
    let mut shown = format!("{:?}", judged("production", &pairs).unwrap());
    let twice = [pairs[0], ("SMTP_URL_FILE", "/nowhere"), ("MAIL_FROM", "hello")];
    write!(shown, "{}", judged("production", &twice).unwrap_err()).unwrap();
    assert!(shown.contains("not both") && !shown.contains("hunter2"), "{shown}");
}

#[test]
fn an_address_is_one_address_and_nothing_else() {
    let mail = |from: &str, reply_to: &str| {
        let url = ("SMTP_URL", "smtps://mail.example.com");
        judged("production", &[url, ("MAIL_FROM", from), ("MAIL_REPLY_TO", reply_to)])
            .map(|config| config.mail)
    };
    let MailConfig { from, reply_to, .. } = mail(" no-reply@Bücher.example ", "").unwrap();
    assert_eq!((from.to_string().as_str(), reply_to), ("no-reply@xn--bcher-kva.example", None));
    let reply_to = mail("no-reply@example.com", "help+mail@example.com").unwrap().reply_to.unwrap();
    assert_eq!(reply_to.to_string(), "help+mail@example.com");
    for bad in [
        "example.com",
        "@example.com",
        "ana@",
        "Doorstep <ana@example.com>",
        "ana@example.com, ben@example.com",
        "ana@example.com\r\nBcc: ben@example.com",
        "ana\n@example.com",
        "ana\0@example.com",
        "ana@exa\tmple.com",
    ] {
        let message = mail(bad, "").expect_err(bad);
        assert!(
            message.starts_with("MAIL_FROM: ") && !message.contains(['\r', '\n', '\0', '\t']),
            "{message:?}"
        );
        assert!(mail("ana@example.com", bad).expect_err(bad).starts_with("MAIL_REPLY_TO: "), "{bad}");
    }
    let message = mail("", "").unwrap_err();
    assert!(message.starts_with("MAIL_FROM: it is not set"), "{message}");
}

#[test]
fn without_a_server_a_developer_reads_the_mails_and_in_production_there_are_none() {
    let development = judged("development", &[]).unwrap();
    assert!(matches!(development.mail.transport, MailTransport::Mailbox));
    assert_eq!(development.mail.from.to_string(), "no-reply@localhost");
    assert_eq!(development.warnings, [""; 0]);
    let production = judged("production", &[("MAIL_FROM", "no-reply@example.com")]).unwrap();
    assert!(matches!(production.mail.transport, MailTransport::None));
    let [warning] = &production.warnings[..] else { panic!("{:?}", production.warnings) };
    let needed = "`server link`, which needs ENCRYPTION_KEY_FILE";
    assert!(warning.contains("mail is off") && warning.contains(needed), "{warning}");
    let keyed = judged("production", &[("ENCRYPTION_KEY_FILE", "/keys/encryption.pem")]).unwrap();
    assert!(!keyed.warnings.concat().contains("needs ENCRYPTION_KEY_FILE"));
}

#[test]
fn an_authority_is_a_certificate_in_a_file() {
    let path = std::env::temp_dir().join(format!("doorstep-ca-{}", std::process::id()));
    let pairs = [
        ("SMTP_URL", "smtps://mail.example.com"),
        ("MAIL_FROM", "no-reply@example.com"),
        ("SMTP_CA_FILE", path.to_str().unwrap()),
    ];
    let message = judged("production", &pairs).unwrap_err();
    assert!(message.starts_with("SMTP_CA_FILE: ") && message.contains("cannot be read"), "{message}");
    for text in ["", "no certificate", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        std::fs::write(&path, text).unwrap();
        let message = judged("production", &pairs).expect_err(text);
        assert!(message.starts_with("SMTP_CA_FILE: "), "{message}");
    }
    std::fs::remove_file(path).unwrap();
}

/// P3: what an account may have as its address is what mails are written to.
#[test]
fn no_address_is_taken_that_mails_cannot_be_written_to() {
    let around = |c: char| {
        [
            format!("{c}ana@example.com"),
            format!("a{c}na@example.com"),
            format!("ana{c}@example.com"),
            format!("ana@{c}example.com"),
            format!("ana@exa{c}mple.com"),
            format!("ana@example{c}.com"),
            format!("ana@example.com{c}"),
        ]
    };
    let long = |n: usize| {
        let a = "a".repeat(n);
        [
            format!("{a}@example.com"),
            format!("{a}ö@example.com"),
            format!("ana@{a}.example"),
            format!("ana@{a}.{a}.{a}.{a}"),
            format!("ana@ö{a}.example"),
        ]
    };
    let odd = [
        "ana@[127.0.0.1]",
        "ana@127.0.0.1",
        "ana@[::1]",
        "ana@com",
        "\"a b\"@c.de",
        "a..b@c.de",
        "ana@xn--a.de",
    ];
    let marks = (1..=0x17f).filter_map(char::from_u32).chain(['\u{200d}', '\u{3002}', '\u{df}', '\u{1f98a}']);
    let all = marks.flat_map(around).chain((50..70).flat_map(long)).chain(odd.map(str::to_owned));
    let taken = |typed: &String| {
        let email = AddressForm { email: typed.clone() }.parse().ok()?;
        identifier::new_address(email.as_str())
    };
    let mut count = 0;
    for address in all.filter_map(|typed| taken(&typed)) {
        assert!(mail_address(&address.shown).is_some(), "{}", address.shown);
        count += 1;
    }
    assert!(count > 1_000, "{count}");
}
