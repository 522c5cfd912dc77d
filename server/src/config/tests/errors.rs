//! All that cannot work is told at once, and what hardly can is told too.

use super::{Config, raw, refusal};
use accounts::RequireFactor::{Admins, All, Nobody};

const SECRET: &str = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
const PRODUCTION: [(&str, &str); 5] = [
    ("APP_ENV", "production"),
    ("BASE_URL", "https://accounts.example.com"),
    ("TRUSTED_PROXIES", "10.0.0.0/8"),
    ("ALGORITHM", "HS256"),
    ("SECRET_KEY", SECRET),
];

/// Production, without mail, with these settings instead, or beside.
fn production<'a>(changes: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let kept = PRODUCTION.into_iter().filter(|(name, _)| changes.iter().all(|(changed, _)| changed != name));
    kept.chain(changes.iter().copied()).collect()
}

/// Beside the one that mail is off.
fn warnings(changes: &[(&str, &str)]) -> Vec<String> {
    let mut warnings = Config::with_keys(&raw(&production(changes))).unwrap().warnings;
    let all = warnings.len();
    warnings.retain(|warning| !warning.starts_with("SMTP_URL: it is not set, so mail is off"));
    assert_eq!(warnings.len(), all - 1);
    warnings
}

#[test]
fn all_faults_are_told_at_once() {
    let message = refusal(&[
        ("APP_ENV", "production"),
        ("DATABASE_URL", "sqlite:///app.db"),
        ("DATABASE_MAX_CONNECTIONS", "none"),
        ("LEPTOS_SITE_ADDR", "8000"),
        ("SIGNUP", "maybe"),
        ("SIGNUP_FIELDS", "email"),
        ("ARGON2_M_COST", "1"),
        ("ARGON2_T_COST", "1"),
        ("TRUSTED_PROXIES", "proxy"),
        ("COMPAT", "s4"),
        ("CORS_ORIGINS", "*"),
        ("SMTP_URL", "mail.example.com"),
        ("SMTP_CA_FILE", "/nowhere/ca.pem"),
        ("MAIL_FROM", "Doorstep"),
        ("MAIL_REPLY_TO", "help"),
        ("REDIS_URL", "localhost:6379"),
        ("REDIS_CA_FILE", "/nowhere/ca.pem"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "["),
        ("METRICS_ADDR", "9464"),
        ("KEEP_ALIVE_SECONDS", "soon"),
    ]);
    let mut named: Vec<_> = message.lines().map(|line| line.split_once(": ").unwrap().0).collect();
    named.sort_unstable();
    let wrong = [
        "ARGON2_M_COST",
        "ARGON2_T_COST",
        "BASE_URL",
        "COMPAT",
        "CORS_ORIGINS",
        "DATABASE_MAX_CONNECTIONS",
        "DATABASE_URL",
        "ENCRYPTION_KEY_FILE",
        "KEEP_ALIVE_SECONDS",
        "LEPTOS_SITE_ADDR",
        "LOG_FORMAT",
        "MAIL_FROM",
        "MAIL_REPLY_TO",
        "METRICS_ADDR",
        "REDIS_CA_FILE",
        "REDIS_URL",
        "RUST_LOG",
        "SIGNING_KEY_FILE",
        "SIGNUP",
        "SIGNUP_FIELDS",
        "SMTP_CA_FILE",
        "SMTP_URL",
        "TRUSTED_PROXIES",
    ];
    assert_eq!(named, wrong);
}

#[test]
fn a_secret_that_was_never_random_stops_the_start() {
    for placeholder in [
        "django-insecure-k3j4h5g6f7d8s9a0q1w2e3r4t5y6u7i8o9p0",
        "TODO-put-a-real-key-in-here-later-ok",
        "my-app-jwt-signing-key-for-our-server",
        "<generate-with-openssl-rand-hex-32-ok>",
        "ThisIsTheKeyWeUseForTheServerForNow1",
        "mein-geheimer-schluessel-fuer-die-app",
        "una clave muy larga para el servidor",
        "correct-horse-battery-staple-and-more",
        "qwertyuiopasdfghjklzxcvbnm1234567890",
        "1q2w3e4r5t6y7u8i9o0p1q2w3e4r5t6y7u8i",
        "Pa$$w0rdPa$$w0rdPa$$w0rdPa$$w0rd!",
        "CHANGE_ME_CHANGE_ME_CHANGE_ME_CHANGE",
        "deadbeefdeadbeefdeadbeefdeadbeef1234",
        "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    ] {
        let message = refusal(&production(&[("SECRET_KEY", placeholder)]));
        assert!(message.starts_with("SECRET_KEY: it can be guessed; set it to 32 random"), "{placeholder}");
        assert!(!message.contains(placeholder));
    }
    for random in [
        SECRET,
        "lT3k0mPq9VZ2sX8cR7yHn4WbJfU6aEd1GgKvNhQxYzI=",
        "q_7Zt-1pVbX0mJcRk5wLsHd3NfYgUe8aTiOoKzWxCvE",
        "+2h)8k^w$0zq&b3x=m7!vn4_c1#y9s*r5t(l6p-j@d%g8e^f0a",
        "mroyeelfaewpahfvwdyliqbowbkgumfm",
    ] {
        Config::with_keys(&raw(&production(&[("SECRET_KEY", random)]))).expect(random);
    }
}

#[test]
fn a_secret_that_others_read_stops_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::temp_dir().join(format!("doorstep-secret-{}", std::process::id()));
    std::fs::write(&path, SECRET).unwrap();
    let settings = production(&[("SECRET_KEY", ""), ("SECRET_KEY_FILE", path.to_str().unwrap())]);
    for mode in [0o644, 0o640, 0o604] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        let message = refusal(&settings);
        assert!(message.starts_with("SECRET_KEY_FILE: ") && message.contains("chmod 600"), "{message}");
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    Config::with_keys(&raw(&settings)).unwrap();
    std::fs::write(&path, "\n").unwrap();
    assert!(refusal(&settings).ends_with("is empty"));
    std::fs::remove_file(path).unwrap();
}

#[test]
fn what_is_hardly_meant_is_a_line_in_the_log() {
    assert_eq!(warnings(&[]), [""; 0]);
    let told = |changes: &[(&str, &str)], start: &str| {
        let warnings = warnings(changes);
        assert!(warnings.len() == 1 && warnings[0].starts_with(start), "{warnings:?}");
    };
    told(&[("TRUSTED_PROXIES", "")], "TRUSTED_PROXIES: it is not set");
    let collector = [("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")];
    if cfg!(feature = "otel") {
        assert_eq!(warnings(&collector), [""; 0]);
    } else {
        told(&collector, "OTEL_EXPORTER_OTLP_ENDPOINT: this build sends no traces");
    }
    for remote in [
        "postgres://ana@db.example/app",
        "postgres://ana@10.0.0.5/app?sslmode=prefer",
        "postgres://ana@[2001:db8::1]/app?sslmode=disable",
        "postgres://ana@localhost.example/app",
    ] {
        told(&[("DATABASE_URL", remote)], "DATABASE_URL: the way to ");
        told(&[("DATABASE_LISTEN_URL", remote)], "DATABASE_LISTEN_URL: the way to ");
        told(&[("DATABASE_READ_URL", remote)], "DATABASE_READ_URL: the way to ");
    }
    told(
        &[("REDIS_URL", "redis://:canary@cache.example")],
        "REDIS_URL: the way to cache.example is not encrypted",
    );
    for fine in ["redis://:canary@localhost", "rediss://cache.example", "redis://127.0.0.2"] {
        assert_eq!(warnings(&[("REDIS_URL", fine)]), [""; 0], "{fine}");
    }
    for fine in [
        "postgres://ana@db.example/app?sslmode=require",
        "postgres://ana@db.example/app?sslmode=verify-full",
        "postgres://ana@127.0.0.2/app",
        "postgres://ana@[::1]/app",
        "postgres://ana@/app?host=/var/run/postgresql",
    ] {
        assert_eq!(warnings(&[("DATABASE_URL", fine)]), [""; 0], "{fine}");
    }
    let development = Config::new(&raw(&[("APP_ENV", "development"), ("SECRET_KEY", SECRET)])).unwrap();
    assert!(development.warnings[0].starts_with("SECRET_KEY: it is not used"));
}

#[test]
fn whoever_must_prove_an_address_needs_mail() {
    let error = refusal(&production(&[("SIGNUP", "verify")]));
    assert!(error.contains("SIGNUP: \"verify\" needs mail; set SMTP_URL"), "{error}");
    let error = refusal(&production(&[("REQUIRE_VERIFIED", "true")]));
    assert!(error.contains("REQUIRE_VERIFIED: without mail nobody can prove an address"), "{error}");
    assert!(!Config::new(&raw(&production(&[("REQUIRE_VERIFIED", "")]))).unwrap().require_verified);
    let mail = [
        ("SIGNUP", "verify"),
        ("REQUIRE_VERIFIED", "true"),
        ("SMTP_URL", "smtps://user:password@mail.example.com"),
        ("MAIL_FROM", "no-reply@example.com"),
    ];
    assert!(Config::new(&raw(&production(&mail))).unwrap().require_verified);
    let development = [("APP_ENV", "development"), ("SIGNUP", "verify"), ("REQUIRE_VERIFIED", "true")];
    assert!(Config::new(&raw(&development)).is_ok());
}

#[test]
fn a_second_factor_is_required_of_nobody_admins_or_all() {
    let required = |text| Config::new(&raw(&production(&[("REQUIRE_FACTOR", text)]))).unwrap().require_factor;
    assert_eq!(["", "none", "admins", "all"].map(required), [Nobody, Nobody, Admins, All]);
    let error = refusal(&production(&[("REQUIRE_FACTOR", "true")]));
    assert!(error.contains("REQUIRE_FACTOR: \"true\" is unknown; set it to none, admins or all"), "{error}");
    let warned = warnings(&[("REQUIRE_FACTOR", "admins")]);
    assert!(warned.iter().any(|warning| warning.contains("passkeys are the only")), "{warned:?}");
}
