mod database;
mod dotenv;
mod encryption;
mod errors;
mod mail;
mod redis;

use super::*;
use std::path::PathBuf;

const DATABASE: &str = "postgres://doorstep@localhost/doorstep";

/// A path of this run's own.
fn temporary(name: &str) -> PathBuf {
    std::env::temp_dir().join(format!("doorstep-{}-{name}", std::process::id()))
}

fn raw(pairs: &[(&str, &str)]) -> RawConfig {
    let mut raw = RawConfig { database_url: Some(DATABASE.into()), ..RawConfig::default() };
    if pairs.contains(&("APP_ENV", "development")) {
        // Not among the sources.
        let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../target/tmp/var/encryption-key.pem");
        raw.encryption_key_file = Some(file.to_owned());
    }
    for (name, value) in pairs {
        let field = match *name {
            "DATABASE_URL" => &mut raw.database_url,
            "DATABASE_URL_FILE" => &mut raw.database_url_file,
            "DATABASE_LISTEN_URL" => &mut raw.database_listen_url,
            "DATABASE_READ_URL" => &mut raw.database_read_url,
            "DATABASE_READ_URL_FILE" => &mut raw.database_read_url_file,
            "DATABASE_LISTEN_URL_FILE" => &mut raw.database_listen_url_file,
            "REDIS_URL" => &mut raw.redis_url,
            "REDIS_URL_FILE" => &mut raw.redis_url_file,
            "REDIS_CA_FILE" => &mut raw.redis_ca_file,
            "DATABASE_MAX_CONNECTIONS" => &mut raw.database_max_connections,
            "APP_ENV" => &mut raw.app_env,
            "APP_NAME" => &mut raw.app_name,
            "BASE_URL" => &mut raw.base_url,
            "LEPTOS_SITE_ADDR" => &mut raw.leptos_site_addr,
            "SIGNUP" => &mut raw.signup,
            "SIGNUP_FIELDS" => &mut raw.signup_fields,
            "REQUIRE_VERIFIED" => &mut raw.require_verified,
            "REQUIRE_FACTOR" => &mut raw.require_factor,
            "PASSWORD_MIN_LENGTH" => &mut raw.password_min_length,
            "PASSWORD_MIN_SCORE" => &mut raw.password_min_score,
            "BREACHED_PASSWORDS_FILE" => &mut raw.breached_passwords_file,
            "ARGON2_M_COST" => &mut raw.argon2_m_cost,
            "ARGON2_T_COST" => &mut raw.argon2_t_cost,
            "ALGORITHM" => &mut raw.algorithm,
            "SIGNING_KEY_FILE" => &mut raw.signing_key_file,
            "ENCRYPTION_KEY_FILE" => &mut raw.encryption_key_file,
            "SECRET_KEY" => &mut raw.secret_key,
            "SECRET_KEY_FILE" => &mut raw.secret_key_file,
            "METRICS_ADDR" => &mut raw.metrics_addr,
            "OTEL_EXPORTER_OTLP_ENDPOINT" => &mut raw.otel_exporter_otlp_endpoint,
            "KEEP_ALIVE_SECONDS" => &mut raw.keep_alive_seconds,
            "SHUTDOWN_DELAY_SECONDS" => &mut raw.shutdown_delay_seconds,
            "RUST_LOG" => &mut raw.rust_log,
            "TRUSTED_PROXIES" => &mut raw.trusted_proxies,
            "REFRESH_TOKEN_EXPIRE_DAYS" => &mut raw.refresh_token_expire_days,
            "ACCESS_TOKEN_EXPIRE_MINUTES" => &mut raw.access_token_expire_minutes,
            "RATE_LIMIT_PER_MINUTE" => &mut raw.rate_limit_per_minute,
            "AS_SEEDS" => &mut raw.as_seeds,
            "COMPAT" => &mut raw.compat,
            "CORS_ORIGINS" => &mut raw.cors_origins,
            "DELETION_GRACE_DAYS" => &mut raw.deletion_grace_days,
            "RESERVED_USERNAMES" => &mut raw.reserved_usernames,
            "SMTP_URL" => &mut raw.smtp_url,
            "SMTP_URL_FILE" => &mut raw.smtp_url_file,
            "SMTP_CA_FILE" => &mut raw.smtp_ca_file,
            "MAIL_FROM" => &mut raw.mail_from,
            "MAIL_REPLY_TO" => &mut raw.mail_reply_to,
            "LOG_FORMAT" => &mut raw.log_format,
            other => panic!("{other} is not in this list"),
        };
        *field = Some((*value).to_owned());
    }
    raw
}

fn refusal(pairs: &[(&str, &str)]) -> String {
    let raw = raw(pairs);
    Config::with_keys(&raw).unwrap_err().to_string()
}

#[test]
fn development_needs_a_database_and_nothing_else() {
    let config = Config::new(&raw(&[("APP_ENV", "development")])).unwrap();
    assert_eq!(config.origin.as_str(), "http://localhost:8000");
    assert_eq!(config.app.name, "Doorstep");
    assert_eq!(config.database.max_connections, 10);
    assert_eq!(config.signup, Signup::Open);
    assert_eq!(config.rate_limit_per_minute, 60);
    assert_eq!(config.log_format, LogFormat::Text);
    assert!(matches!(config.signing, Signing::KeyFile(file) if file.make));
}

#[test]
fn reserved_usernames_are_a_list_of_usernames() {
    let development = ("APP_ENV", "development");
    let config = Config::new(&raw(&[development, ("RESERVED_USERNAMES", " acme, acme-press ,")])).unwrap();
    assert_eq!(config.reserved_usernames, ["acme", "acme-press"]);
    let refused = refusal(&[development, ("RESERVED_USERNAMES", "acme, press@acme.example")]);
    assert!(
        refused.starts_with("RESERVED_USERNAMES: \"press@acme.example\" isn't a valid username"),
        "{refused}"
    );
}

#[test]
fn sign_up_asks_for_what_its_fields_say() {
    for (list, name, username) in [
        ("", true, false),
        ("name", true, false),
        (" username ", false, true),
        ("username, name", true, true),
        ("none", false, false),
    ] {
        let config = Config::new(&raw(&[("APP_ENV", "development"), ("SIGNUP_FIELDS", list)])).unwrap();
        assert_eq!(config.app.signup_fields, app::SignupFields { name, username }, "{list}");
    }
}

#[test]
fn empty_variables_are_unset_ones() {
    let config = Config::new(&raw(&[("APP_ENV", "development"), ("SIGNUP", ""), ("BASE_URL", " ")])).unwrap();
    assert_eq!(config.origin.as_str(), "http://localhost:8000");
}

#[test]
fn each_refusal_names_its_variable_and_what_to_set() {
    for (name, value, advice) in [
        ("DATABASE_URL", "", "set it to something like postgres://"),
        ("DATABASE_URL", "sqlite:///./app.db", "SQLite is not supported"),
        ("DATABASE_URL", "sqlite+aiosqlite:///./app.db", "SQLite is not supported"),
        ("DATABASE_URL", "mysql://localhost/x", "is not Postgres"),
        ("DATABASE_URL", "postgresql+unknown://localhost/x", "is not Postgres"),
        ("DATABASE_URL_FILE", "/nowhere", "not both"),
        ("DATABASE_LISTEN_URL", "no", "set it to something like postgres://"),
        ("DATABASE_LISTEN_URL", "mysql://localhost/x", "is not Postgres"),
        ("DATABASE_READ_URL", "mysql://localhost/x", "is not Postgres"),
        ("DATABASE_READ_URL_FILE", "/nowhere", "DATABASE_READ_URL_FILE /nowhere cannot be read"),
        ("DATABASE_LISTEN_URL_FILE", "/nowhere", "DATABASE_LISTEN_URL_FILE /nowhere cannot be read"),
        ("DATABASE_MAX_CONNECTIONS", "0", "from 1 to 1000"),
        ("APP_ENV", "staging", "development or production"),
        ("APP_NAME", "two\nlines", "one line"),
        ("BASE_URL", "accounts.example.com", "https://accounts.example.com"),
        ("BASE_URL", "https://example.com/auth", "without a path"),
        ("LEPTOS_SITE_ADDR", "8000", "127.0.0.1:8000"),
        ("SIGNUP", "maybe", "open, verify or closed"),
        ("SIGNUP_FIELDS", "name,", "name,username or none"),
        ("DELETION_GRACE_DAYS", "-1", "from 0 to 365"),
        ("DELETION_GRACE_DAYS", "366", "from 0 to 365"),
        ("PASSWORD_MIN_LENGTH", "7", "from 8 to 128"),
        ("PASSWORD_MIN_SCORE", "5", "from 0 to 4"),
        ("BREACHED_PASSWORDS_FILE", "Cargo.toml", "no list of SHA-1 hashes"),
        ("BREACHED_PASSWORDS_FILE", "nowhere", "nowhere: "),
        ("ARGON2_M_COST", "19455", "from 19456"),
        ("ARGON2_T_COST", "1", "from 2"),
        ("ALGORITHM", "none", "EdDSA or HS256"),
        ("TRUSTED_PROXIES", "10.0.0.0/8, proxy", "\"proxy\" isn't a valid address"),
        ("TRUSTED_PROXIES", "0.0.0.0/0", "network to trust"),
        ("TRUSTED_PROXIES", "0.0.0.0/1,128.0.0.0/1", "anybody could be among them"),
        ("TRUSTED_PROXIES", "2000::/3", "anybody could be among them"),
        ("KEEP_ALIVE_SECONDS", "0", "from 1 to 3600"),
        ("SHUTDOWN_DELAY_SECONDS", "301", "from 0 to 300"),
        ("RUST_LOG", "[", "set it to something like info"),
        ("ACCESS_TOKEN_EXPIRE_MINUTES", "0", "from 1 to 1440"),
        ("RATE_LIMIT_PER_MINUTE", "-1", "from 0 to 10000000"),
        ("RATE_LIMIT_PER_MINUTE", "10000001", "from 0 to 10000000"),
        ("REFRESH_TOKEN_EXPIRE_DAYS", "31", "from 1 to 30, after which every session ends"),
        ("LOG_FORMAT", "xml", "json or text"),
        ("AS_SEEDS", "yes", "true or false"),
        ("COMPAT", "cookie,s4", "\"s4\" is unknown"),
        ("CORS_ORIGINS", "*", "\"*\" isn't a valid origin"),
        ("CORS_ORIGINS", "https://*.example.com", "isn't a valid origin"),
        ("CORS_ORIGINS", "https://app.example.com, null", "\"null\" isn't a valid origin"),
        ("CORS_ORIGINS", "https://app.example.com/path", "isn't a valid origin"),
        ("CORS_ORIGINS", "https://app.example.com,", "\"\" isn't a valid origin"),
    ] {
        let message = refusal(&[("APP_ENV", "development"), (name, value)]);
        assert!(message.starts_with(name.trim_end_matches("_FILE")), "{message}");
        assert!(message.contains(advice), "{message}");
    }
}

#[test]
fn production_needs_an_address_and_a_key() {
    assert!(refusal(&[("APP_ENV", "production")]).starts_with("BASE_URL: set it"));
    let message = refusal(&[("APP_ENV", "production"), ("BASE_URL", "http://accounts.example.com")]);
    assert!(message.contains("plain http") && message.contains("https://"), "{message}");
    let message = refusal(&[("APP_ENV", "production"), ("BASE_URL", "https://accounts.example.com")]);
    assert!(message.starts_with("SIGNING_KEY_FILE: it is not set"), "{message}");
    let local = [("APP_ENV", "production"), ("BASE_URL", "http://127.0.0.1:8000")];
    assert!(Config::new(&raw(&local)).is_ok());
    for (score, passes) in [("0", false), ("1", false), ("2", true)] {
        let asked = raw(&[local[0], local[1], ("PASSWORD_MIN_SCORE", score)]);
        assert_eq!(Config::new(&asked).is_ok(), passes, "{score}");
    }
    let message = refusal(&[local[0], local[1], ("LEPTOS_SITE_ADDR", "0.0.0.0:8000")]);
    assert!(message.starts_with("LEPTOS_SITE_ADDR: 0.0.0.0:8000 is open to others"), "{message}");
}

#[test]
fn development_is_for_this_machine_alone() {
    for base in [
        "http://accounts.example.com",
        "https://accounts.example.com",
        "http://192.168.1.5:8000",
        "http://0.0.0.0",
    ] {
        let message = refusal(&[("APP_ENV", "development"), ("BASE_URL", base)]);
        assert!(message.starts_with(&format!("BASE_URL: {base} can be reached from elsewhere")), "{message}");
        assert!(message.ends_with("set it to http://localhost:8000, or APP_ENV to production"), "{message}");
    }
    for base in
        ["http://localhost:3000", "https://localhost:8443", "http://127.0.0.1:8000", "http://[::1]:8000"]
    {
        assert!(Config::new(&raw(&[("APP_ENV", "development"), ("BASE_URL", base)])).is_ok(), "{base}");
    }
}

#[test]
fn a_proxy_that_nobody_trusts_is_warned_of() {
    let warning = |base: &str, env: &str, proxies: &str| {
        let config = raw(&[("APP_ENV", env), ("BASE_URL", base), ("TRUSTED_PROXIES", proxies)]);
        let warnings = Config::new(&config).unwrap().warnings;
        warnings.into_iter().find(|warning| !warning.starts_with("SMTP_URL: it is not set"))
    };
    for (base, env) in
        [("https://accounts.example.com", "production"), ("https://localhost:8443", "development")]
    {
        let told = warning(base, env, "").unwrap();
        assert!(told.starts_with("TRUSTED_PROXIES: it is not set") && told.contains("set it to"), "{told}");
    }
    for (base, env, proxies) in [
        ("https://accounts.example.com", "production", "10.0.0.0/8"),
        ("https://localhost:8443", "development", "127.0.0.1"),
        ("http://127.0.0.1:8000", "production", ""),
    ] {
        assert_eq!(warning(base, env, proxies), None, "{base} {env} {proxies}");
    }
}

#[cfg(unix)]
#[test]
fn a_rotated_file_keeps_its_owner_its_mode_and_its_links() {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
    let folder = std::env::temp_dir().join(format!("doorstep-rotate-{}", std::process::id()));
    std::fs::create_dir_all(folder.join("real")).unwrap();
    let (file, link) = (folder.join("real/key.pem"), folder.join("key.pem"));
    std::fs::write(&file, accounts::SigningKey::generate_ed25519_pem().unwrap()).unwrap();
    std::fs::set_permissions(&file, PermissionsExt::from_mode(0o640)).unwrap();
    // Only root may give a file away; anybody else's stays their own.
    let given = std::os::unix::fs::chown(&file, Some(12_345), Some(12_345)).is_ok();
    symlink("real/key.pem", &link).unwrap();
    let config = Config::new(&raw(&[("SIGNING_KEY_FILE", link.to_str().unwrap())])).unwrap();
    config.signing.rotate(time::OffsetDateTime::UNIX_EPOCH, time::Duration::HOUR).unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(std::fs::read_to_string(&file).unwrap().matches("BEGIN PRIVATE KEY").count(), 2);
    let kept = std::fs::metadata(&file).unwrap();
    assert_eq!(kept.mode() & 0o777, 0o640);
    assert!(!given || (kept.uid(), kept.gid()) == (12_345, 12_345));
    // A folder cannot be replaced by a file: what was drafted is gone.
    assert!(key_file::replace(&folder.join("real"), "text", &kept).is_err());
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 2);
    std::fs::remove_dir_all(folder).unwrap();
}

#[cfg(unix)]
#[test]
fn production_takes_no_key_that_others_read() {
    use std::os::unix::fs::PermissionsExt;
    let path = std::env::temp_dir().join(format!("doorstep-key-{}.pem", std::process::id()));
    std::fs::write(&path, accounts::SigningKey::generate_ed25519_pem().unwrap()).unwrap();
    let settings = [
        ("APP_ENV", "production"),
        ("BASE_URL", "https://accounts.example.com"),
        ("SIGNING_KEY_FILE", path.to_str().unwrap()),
    ];
    for mode in [0o644, 0o640, 0o604] {
        std::fs::set_permissions(&path, PermissionsExt::from_mode(mode)).unwrap();
        assert!(refusal(&settings).contains("chmod 600"));
    }
    std::fs::set_permissions(&path, PermissionsExt::from_mode(0o600)).unwrap();
    Config::new(&raw(&settings)).unwrap().settings().unwrap();
    std::fs::remove_file(path).unwrap();
}

#[test]
fn a_weak_secret_stops_the_start() {
    let hs256 = |secret: &str| {
        let raw = raw(&[("APP_ENV", "development"), ("ALGORITHM", "HS256"), ("SECRET_KEY", secret)]);
        Config::with_keys(&raw).map_err(|error| error.to_string())
    };
    assert!(hs256("").unwrap_err().starts_with("SECRET_KEY: HS256 needs it"));
    assert!(hs256("short").unwrap_err().contains("shorter"));
    assert!(hs256(&"ab".repeat(20)).unwrap_err().contains("guessed"));
    assert!(hs256("your-secret-key-change-in-production-0123").unwrap_err().contains("guessed"));
    assert!(
        hs256("09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7")
            .unwrap_err()
            .contains("guessed")
    );
    assert!(hs256(&"0123456789abcdef".repeat(4)).unwrap_err().contains("guessed"));
    assert!(hs256("zyxwvutsrqponmlkjihgfedcba9876543210").unwrap_err().contains("guessed"));
    assert!(hs256("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08").is_ok());
}

#[test]
fn the_samples_of_the_readmes_are_taken_on_a_developer_s_machine_alone() {
    let development = ("APP_ENV", "development");
    let config = Config::new(&raw(&[development, ("AS_SEEDS", "true")])).unwrap();
    assert_eq!((config.password_min_length, config.password_min_score), (7, 0));
    assert_eq!(config.deletion_grace_days, 0);
    let config = Config::new(&raw(&[development, ("AS_SEEDS", "false")])).unwrap();
    assert_eq!((config.password_min_length, config.password_min_score), (8, 3));
    assert_eq!(config.deletion_grace_days, 14);
    for elsewhere in [
        [("APP_ENV", "production"), ("BASE_URL", "http://localhost:8000")],
        [development, ("LEPTOS_SITE_ADDR", "0.0.0.0:8000")],
    ] {
        let message = refusal(&[elsewhere[0], elsewhere[1], ("AS_SEEDS", "true")]);
        assert!(message.starts_with("AS_SEEDS: it takes weak passwords"), "{message}");
    }
    let public = ("BASE_URL", "https://accounts.example.com");
    assert!(refusal(&[development, public, ("AS_SEEDS", "true")]).starts_with("BASE_URL: "));
}

#[test]
fn the_families_are_on_in_development_and_off_in_production() {
    let local = ("BASE_URL", "http://localhost:8000");
    let compat = |pairs: &[(&str, &str)]| Config::new(&raw(pairs)).unwrap().compat;
    assert_eq!(compat(&[("APP_ENV", "development")]), Compat::ALL);
    assert_eq!(compat(&[("APP_ENV", "production"), local]), Compat::NONE);
    assert_eq!(compat(&[("APP_ENV", "production"), local, ("COMPAT", "all")]), Compat::ALL);
    assert_eq!(compat(&[("APP_ENV", "development"), ("COMPAT", "none")]), Compat::NONE);
}

#[test]
fn allowed_origins_are_read_as_browsers_write_them() {
    let origins = ("CORS_ORIGINS", "https://App.example.com:443, http://localhost:3000");
    let config = Config::new(&raw(&[("APP_ENV", "development"), origins])).unwrap();
    let origins: Vec<_> = config.cors_origins.iter().map(Origin::as_str).collect();
    assert_eq!(origins, ["https://app.example.com", "http://localhost:3000"]);
    assert!(Config::new(&raw(&[("APP_ENV", "development")])).unwrap().cors_origins.is_empty());
}

#[test]
fn sqlalchemy_addresses_are_understood() {
    for scheme in ["postgres", "postgresql", "postgresql+asyncpg", "postgresql+psycopg"] {
        let raw =
            raw(&[("APP_ENV", "development"), ("DATABASE_URL", &format!("{scheme}://ana@db.example/app"))]);
        let connect = Config::new(&raw).unwrap().database.connect;
        assert_eq!((connect.get_host(), connect.get_database()), ("db.example", Some("app")));
    }
}

#[test]
fn a_refused_database_address_is_not_repeated() {
    let message = refusal(&[("APP_ENV", "development"), ("DATABASE_URL", "postgres://ana:hunter2@[/app")]);
    assert!(!message.contains("hunter2"), "{message}");
}

#[test]
fn debug_output_shows_no_secret() {
    let secret = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08";
    let raw = raw(&[
        ("APP_ENV", "development"),
        ("ALGORITHM", "HS256"),
        ("SECRET_KEY", secret),
        ("DATABASE_URL", "postgres://ana:hunter2@localhost/app"),
    ]);
    let shown = format!("{:?}", Config::new(&raw).unwrap());
    assert!(!shown.contains(secret) && !shown.contains("hunter2"), "{shown}");
}

#[cfg(unix)]
#[test]
fn development_makes_a_key_that_only_its_owner_reads_and_keeps_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = std::env::temp_dir().join(format!("doorstep-key-{}", std::process::id()));
    let path = folder.join("signing-key.pem");
    let raw = raw(&[("APP_ENV", "development"), ("SIGNING_KEY_FILE", path.to_str().unwrap())]);
    let config = Config::new(&raw).unwrap();
    config.settings().unwrap();
    let first = std::fs::read_to_string(&path).unwrap();
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    config.settings().unwrap();
    assert_eq!(std::fs::read_to_string(&path).unwrap(), first);
    std::fs::remove_dir_all(folder).unwrap();
}

/// `server --help`, `.env.example` and the code speak of the same variables.
#[test]
fn every_variable_is_in_the_example_file() {
    use clap::CommandFactory;
    let command = crate::cli::Cli::command();
    let commands = std::iter::once(&command).chain(command.get_subcommands());
    let arguments = commands.flat_map(clap::Command::get_arguments);
    let mut known: Vec<_> = arguments.filter_map(|argument| argument.get_env()?.to_str()).collect();
    known.sort_unstable();
    let file = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../.env.example")).unwrap();
    let lines = file.lines().filter_map(|line| line.strip_prefix('#')?.split_once('='));
    let mut listed: Vec<_> = lines
        .map(|(name, _)| name)
        .filter(|name| {
            name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
        })
        .collect();
    listed.sort_unstable();
    assert_eq!(listed, known);
}
