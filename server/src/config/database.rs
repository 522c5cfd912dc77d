//! `DATABASE_URL`, `DATABASE_LISTEN_URL`, `DATABASE_READ_URL` and `MIGRATE_DATABASE_URL`: which settings are understood, and
//! which are refused by name. The driver alone would ignore what it does not know.

use super::env::AppEnv;
use super::error::{ConfigError, ConfigErrors};
use super::raw::RawConfig;
use super::secret::{readable_by_others, secret};
use super::value::number;
use edge::origin::is_loopback;
use sqlx::postgres::{PgConnectOptions, PgSslMode};
use store::{Listening, StoreOptions};

const NAME: &str = "DATABASE_URL";
const LISTEN: &str = "DATABASE_LISTEN_URL";
const READ: &str = "DATABASE_READ_URL";
const MIGRATE: &str = "MIGRATE_DATABASE_URL";
const EXAMPLE: &str = "set it to something like postgres://doorstep@localhost/doorstep";
/// The settings that may follow the `?`; the driver's other spellings are accepted too.
const UNDERSTOOD: &str = "sslmode, sslrootcert, sslcert, sslkey, host, hostaddr, port, dbname, user, password, \
                          application_name, options, statement-cache-capacity";
const OTHER_SPELLINGS: [&str; 5] = ["ssl-mode", "ssl-root-cert", "ssl-ca", "ssl-cert", "ssl-key"];
/// Settings that ask only for what is done anyway.
const AS_IT_IS: [(&str, &str); 7] = [
    ("target_session_attrs", "any"),
    ("load_balance_hosts", "disable"),
    ("channel_binding", "prefer"),
    ("channel_binding", "disable"),
    ("gssencmode", "prefer"),
    ("gssencmode", "disable"),
    ("sslnegotiation", "postgres"),
];
const SSL_MODES: [&str; 6] = ["disable", "allow", "prefer", "require", "verify-ca", "verify-full"];

pub(super) fn database(raw: &RawConfig, errors: &mut ConfigErrors) -> Option<StoreOptions> {
    let most = number("DATABASE_MAX_CONNECTIONS", raw.database_max_connections.as_deref(), 10, 1..=1000);
    let max_connections = errors.or(10, most);
    let url = secret(NAME, raw.database_url.as_deref(), raw.database_url_file.as_deref());
    let connect = url.and_then(|url| {
        let missing = || ConfigError::new(NAME, format!("it is not set; {EXAMPLE}"));
        postgres(NAME, &url.ok_or_else(missing)?)
    });
    let connect = errors.keep(connect);
    let listening = errors.keep(listening(raw));
    let migrating = errors.keep(migrating(raw, connect.as_ref()));
    let reading = errors.keep(reading(raw));
    let (listening, reading, migrating, connect) = (listening?, reading?, migrating?, named(connect?));
    Some(StoreOptions { max_connections, listening, reading, migrating, ..StoreOptions::new(connect) })
}

fn migrating(
    raw: &RawConfig,
    serving: Option<&PgConnectOptions>,
) -> Result<Option<PgConnectOptions>, ConfigError> {
    let url = secret(MIGRATE, raw.migrate_database_url.as_deref(), raw.migrate_database_url_file.as_deref())?;
    let Some(url) = url else { return Ok(None) };
    let connect = named(postgres(MIGRATE, &url)?);
    if serving.is_some_and(|serving| serving.get_username() == connect.get_username()) {
        let message = "it names the role of DATABASE_URL; name another, which owns the tables, or unset it";
        return Err(ConfigError::new(MIGRATE, message));
    }
    Ok(Some(connect))
}

fn reading(raw: &RawConfig) -> Result<Option<PgConnectOptions>, ConfigError> {
    let url = secret(READ, raw.database_read_url.as_deref(), raw.database_read_url_file.as_deref())?;
    url.map(|url| Ok(named(postgres(READ, &url)?))).transpose()
}

fn listening(raw: &RawConfig) -> Result<Listening, ConfigError> {
    let url = secret(LISTEN, raw.database_listen_url.as_deref(), raw.database_listen_url_file.as_deref())?;
    match url.as_deref() {
        None => Ok(Listening::AsRequests),
        Some(off) if off.eq_ignore_ascii_case("off") => Ok(Listening::Off),
        Some(url) => Ok(Listening::At(named(postgres(LISTEN, url)?).into())),
    }
}

fn named(connect: PgConnectOptions) -> PgConnectOptions {
    match connect.get_application_name() {
        Some(_) => connect,
        None => connect.application_name("doorstep"),
    }
}

/// What works but is probably a mistake.
pub(super) fn warnings(raw: &RawConfig, env: AppEnv, database: &StoreOptions) -> Vec<String> {
    if env != AppEnv::Production {
        return Vec::new();
    }
    let mut warnings: Vec<_> =
        plain(NAME, &database.connect, "people's data and hashes go").into_iter().collect();
    if let Listening::At(connect) = &database.listening {
        warnings.extend(plain(LISTEN, connect, "word of every change goes"));
    }
    if let Some(connect) = &database.reading {
        warnings.extend(plain(READ, connect, "people's data go"));
    }
    if let Some(connect) = &database.migrating {
        warnings.extend(plain(MIGRATE, connect, "a password goes"));
    }
    warnings.extend(readable_by_others(MIGRATE, raw.migrate_database_url_file.as_deref()));
    warnings.extend(readable_by_others(NAME, raw.database_url_file.as_deref()));
    warnings.extend(readable_by_others(READ, raw.database_read_url_file.as_deref()));
    warnings.extend(readable_by_others(LISTEN, raw.database_listen_url_file.as_deref()));
    warnings
}

/// A warning where anybody between us and the database may listen in.
fn plain(name: &str, connect: &PgConnectOptions, what: &str) -> Option<String> {
    let may_be_plain =
        matches!(connect.get_ssl_mode(), PgSslMode::Disable | PgSslMode::Allow | PgSslMode::Prefer);
    (may_be_plain && is_remote(connect)).then(|| {
        format!(
            "{name}: the way to {} need not be encrypted, and {what} over it; add sslmode=verify-full with \
             sslrootcert=FILE, or at least sslmode=require",
            connect.get_host()
        )
    })
}

fn is_remote(connect: &PgConnectOptions) -> bool {
    let host = connect.get_host();
    connect.get_socket().is_none() && !host.starts_with('/') && !is_loopback(host)
}

/// The address of a Postgres database. No refusal repeats anything that could be a password.
pub(crate) fn postgres(name: &'static str, url: &str) -> Result<PgConnectOptions, ConfigError> {
    let refuse = |why: String| ConfigError::new(name, why);
    let (scheme, rest) =
        url.split_once(':').ok_or_else(|| refuse(format!("it isn't a valid address; {EXAMPLE}")))?;
    // The seeds' `.env` files name SQLAlchemy's driver in the scheme.
    match scheme.split('+').collect::<Vec<_>>()[..] {
        ["postgres" | "postgresql"] | ["postgres" | "postgresql", "asyncpg" | "psycopg" | "psycopg2"] => {}
        ["sqlite", ..] => {
            return Err(refuse(format!("SQLite is not supported, only Postgres; {EXAMPLE}")));
        }
        _ => return Err(refuse(format!("\"{scheme}:\" is not Postgres; {EXAMPLE}"))),
    }
    let unreadable = || refuse(format!("it cannot be read; {EXAMPLE}"));
    let rest = rest.strip_prefix("//").ok_or_else(unreadable)?;
    let address = Address::split(rest).map_err(refuse)?;
    let query = settings(address.query).map_err(refuse)?;
    // The driver's message could repeat the password, so it is not shown.
    format!("postgres://{}/{}?{query}", address.authority, address.database).parse().map_err(|_| unreadable())
}

struct Address<'a> {
    authority: String,
    database: &'a str,
    query: &'a str,
}

impl<'a> Address<'a> {
    fn split(rest: &'a str) -> Result<Self, String> {
        let unescaped = |sign: char, code: &str| {
            format!("there is a {sign} where none belongs; in a user name or a password write {code} for it")
        };
        if rest.contains('#') {
            return Err(unescaped('#', "%23"));
        }
        let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = place.split_once('/').unwrap_or((place, ""));
        if database.contains(['/', '@']) {
            return Err(unescaped('/', "%2F"));
        }
        if query.contains('@') && !authority.contains('@') && authority.contains(':') {
            return Err(unescaped('?', "%3F"));
        }
        let (user, host) =
            authority.rsplit_once('@').map_or((None, authority), |(user, host)| (Some(user), host));
        if host.contains(',') {
            return Err(several_hosts());
        }
        // A user without a host: the query names a socket, or the driver finds it.
        let authority = match user {
            Some(user) if host.is_empty() => format!("{user}@localhost"),
            _ => authority.to_owned(),
        };
        Ok(Self { authority, database, query })
    }
}

fn several_hosts() -> String {
    "it names several hosts, and this version connects to one; name the primary, or an address that leads to it"
        .to_owned()
}

/// The settings behind the `?` that the driver is to see.
fn settings(query: &str) -> Result<String, String> {
    let mut seen: Vec<&str> = Vec::new();
    let mut kept = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if AS_IT_IS.contains(&(key, value)) {
            continue;
        }
        judge(key, value)?;
        if seen.contains(&key) && !key.starts_with("options") {
            return Err(format!("{key} stands in it twice; leave one"));
        }
        seen.push(key);
        kept.push(pair);
    }
    Ok(kept.join("&"))
}

fn judge(key: &str, value: &str) -> Result<(), String> {
    match key {
        "sslmode" | "ssl-mode" if !SSL_MODES.contains(&value) => {
            return Err(format!("{key} must be one of {}", SSL_MODES.join(", ")));
        }
        "host" | "hostaddr" | "port" if value.contains(',') || value.to_lowercase().contains("%2c") => {
            return Err(several_hosts());
        }
        "target_session_attrs" | "load_balance_hosts" => {
            return Err(format!(
                "{key} chooses among several hosts, and this version connects to one; take it out and name the \
                 primary"
            ));
        }
        "channel_binding" => {
            return Err(format!(
                "{key}=require is not supported; take it out: sslmode=verify-full proves whom one talks to"
            ));
        }
        "ssl" => return Err("ssl is not understood; write sslmode=require or sslmode=verify-full".to_owned()),
        "sslrootcert" | "ssl-root-cert" | "ssl-ca" | "sslcert" | "ssl-cert" | "sslkey" | "ssl-key" => {
            return readable(key, value);
        }
        _ => {}
    }
    let option = key.strip_prefix("options[").is_some_and(|rest| rest.ends_with(']'));
    if option || OTHER_SPELLINGS.contains(&key) || UNDERSTOOD.split(", ").any(|known| known == key) {
        return Ok(());
    }
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '[' | ']' | '.');
    let named = if key.chars().all(plain) && key.len() <= 40 { key } else { "what follows the ?" };
    Err(format!("{named} is not understood; take it out or mend its name. Understood are {UNDERSTOOD}"))
}

/// The driver would fail at each connection, and that would look like an outage.
fn readable(key: &str, value: &str) -> Result<(), String> {
    let inline = value.starts_with("-----BEGIN");
    let path = value.replace("%2F", "/").replace("%2f", "/").replace("%20", " ").replace('+', " ");
    if inline || path.contains('%') || std::fs::File::open(&path).is_ok() {
        return Ok(());
    }
    Err(format!("{key}: {path} cannot be read; set it to a file in PEM"))
}
