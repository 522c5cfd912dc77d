//! The environment, read once into types; whatever cannot work stops the start with one sentence.

mod raw;
mod signing;
#[cfg(test)]
mod tests;

pub use raw::Raw;
pub use signing::Signing;

use crate::Compat;
use accounts::{Hashing, Settings, Signup};
use app::AppSettings;
use domain::PASSWORD_MIN;
use edge::{Origin, TrustedProxies};
use sqlx::postgres::PgConnectOptions;
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::str::FromStr;
use store::StoreOptions;
use thiserror::Error;

/// What stops the start: which variable, what is wrong with it, what to set.
#[derive(Debug, Error)]
#[error("{variable}: {message}")]
pub struct ConfigError {
    variable: &'static str,
    message: String,
}

impl ConfigError {
    pub(crate) fn new(variable: &'static str, message: impl Into<String>) -> Self {
        Self { variable, message: message.into() }
    }
}

/// For whom the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppEnv {
    /// On a developer's machine: defaults for everything, a signing key is made when missing.
    Development,
    /// For real people: secrets must be given, plain http is for loopback only.
    Production,
}

impl AppEnv {
    /// `APP_ENV`, else by the kind of build.
    ///
    /// # Errors
    /// [`ConfigError`] for any other word.
    pub fn of(text: Option<&str>) -> Result<Self, ConfigError> {
        match filled(text) {
            Some("development") => Ok(Self::Development),
            Some("production") => Ok(Self::Production),
            Some(other) => {
                let message = format!("\"{other}\" is unknown; set it to development or production");
                Err(ConfigError::new("APP_ENV", message))
            }
            None if cfg!(debug_assertions) => Ok(Self::Development),
            None => Ok(Self::Production),
        }
    }
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For machines.
    Json,
    /// For people.
    Text,
}

/// Everything the server was told, checked.
#[derive(Debug)]
pub struct Config {
    /// For whom the server runs.
    pub env: AppEnv,
    /// What pages show.
    pub app: AppSettings,
    /// The site's own origin.
    pub origin: Origin,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where the built site is.
    pub site_root: PathBuf,
    /// Whether the site's files carry hashes in their names; `None`: where the build left their list.
    pub hash_files: Option<bool>,
    /// How to reach the database.
    pub database: StoreOptions,
    /// What tokens are signed with.
    pub signing: Signing,
    /// What a password hash costs.
    pub hashing: Hashing,
    /// Who may sign up.
    pub signup: Signup,
    /// Shortest new password.
    pub password_min_length: usize,
    /// Least zxcvbn score of a new password.
    pub password_min_score: u8,
    /// Life of an access token.
    pub token_lifetime: time::Duration,
    /// Life of a refresh token.
    pub refresh_lifetime: time::Duration,
    /// Calls a minute of one principal or address; 0 for no limit.
    pub calls_per_minute: u32,
    /// Who may speak for other addresses.
    pub proxies: TrustedProxies,
    /// Which families of paths answer beside the canonical API.
    pub compat: Compat,
    /// Whose pages may call the API.
    pub cors_origins: Vec<Origin>,
    /// How log lines are written.
    pub log_format: LogFormat,
}

impl Config {
    /// Judges what was written.
    ///
    /// # Errors
    /// The first variable that cannot work.
    pub fn new(raw: &Raw) -> Result<Self, ConfigError> {
        let env = AppEnv::of(raw.app_env.as_deref())?;
        let listen = listen(raw)?;
        let origin = origin(raw, env, listen)?;
        let as_seeds = as_seeds(raw, env, listen)?;
        // The shortest sample has seven characters; the easiest has no score at all.
        let (least, score) = if as_seeds { (7, 0) } else { (PASSWORD_MIN, 3) };
        let password_min =
            number("PASSWORD_MIN_LENGTH", raw.password_min_length.as_deref(), least, least..=128)?;
        Ok(Self {
            env,
            app: AppSettings { name: app_name(raw)?, base_url: origin.to_string(), password_min },
            listen,
            site_root: filled(raw.leptos_site_root.as_deref()).unwrap_or("target/site").into(),
            hash_files: switch("LEPTOS_HASH_FILES", raw.leptos_hash_files.as_deref())?,
            database: database(raw)?,
            signing: Signing::new(raw, env)?,
            hashing: hashing(raw)?,
            signup: signup(raw)?,
            password_min_length: password_min,
            password_min_score: number(
                "PASSWORD_MIN_SCORE",
                raw.password_min_score.as_deref(),
                score,
                0..=4,
            )?,
            token_lifetime: time::Duration::minutes(number(
                "ACCESS_TOKEN_EXPIRE_MINUTES",
                raw.access_token_expire_minutes.as_deref(),
                30,
                1..=1440,
            )?),
            refresh_lifetime: refresh_lifetime(raw)?,
            calls_per_minute: calls_per_minute(raw)?,
            proxies: proxies(raw)?,
            compat: compat(raw, env)?,
            cors_origins: cors_origins(raw)?,
            log_format: log_format(raw, env)?,
            origin,
        })
    }

    /// What works and is hardly meant: a sentence for the log at the start, variable first.
    #[must_use]
    pub fn warning(&self) -> Option<&'static str> {
        // The server speaks plain http: https comes from a proxy, whose address would be every client's.
        (self.origin.is_https() && self.proxies.is_empty()).then_some(
            "TRUSTED_PROXIES: it is not set, so the proxy's address is taken for everybody's, and all share the \
             tries of one; set it to the proxy's address or network, such as 10.0.0.0/8",
        )
    }

    /// What the use cases need of it.
    ///
    /// # Errors
    /// [`ConfigError`] where the signing key cannot be had.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        Ok(Settings {
            hashing: self.hashing,
            token_lifetime: self.token_lifetime,
            refresh_lifetime: self.refresh_lifetime,
            calls_per_minute: self.calls_per_minute,
            signup: self.signup,
            password_min_length: self.password_min_length,
            password_min_score: self.password_min_score,
            ..Settings::new(self.signing.load()?, self.origin.to_string())
        })
    }
}

/// An empty variable is an unset one: compose files and shells often leave it so.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// A secret, from the variable or from the file that a variable of its own names.
pub(crate) fn secret(
    variable: &'static str,
    value: Option<&str>,
    file: Option<&str>,
) -> Result<Option<String>, ConfigError> {
    match (filled(value), filled(file)) {
        (Some(_), Some(_)) => {
            Err(ConfigError::new(variable, format!("set {variable} or {variable}_FILE, not both")))
        }
        (Some(value), None) => Ok(Some(value.to_owned())),
        (None, Some(path)) => {
            std::fs::read_to_string(path).map(|text| Some(text.trim().to_owned())).map_err(|error| {
                ConfigError::new(variable, format!("{variable}_FILE {path} cannot be read: {error}"))
            })
        }
        (None, None) => Ok(None),
    }
}

fn number<T>(
    variable: &'static str,
    text: Option<&str>,
    default: T,
    range: RangeInclusive<T>,
) -> Result<T, ConfigError>
where
    T: FromStr + PartialOrd + Display,
{
    let Some(text) = filled(text) else { return Ok(default) };
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let message =
            format!("\"{text}\" does not fit; set it to a number from {} to {}", range.start(), range.end());
        ConfigError::new(variable, message)
    })
}

fn refresh_lifetime(raw: &Raw) -> Result<time::Duration, ConfigError> {
    const NAME: &str = "REFRESH_TOKEN_EXPIRE_DAYS";
    let days = number(NAME, raw.refresh_token_expire_days.as_deref(), 30, 1..=30);
    let days = days.map_err(|error| {
        ConfigError::new(NAME, format!("{}, after which every session ends", error.message))
    })?;
    Ok(time::Duration::days(days))
}

fn app_name(raw: &Raw) -> Result<String, ConfigError> {
    let name = filled(raw.app_name.as_deref()).unwrap_or("Doorstep");
    if name.chars().count() > 60 || name.chars().any(char::is_control) {
        return Err(ConfigError::new("APP_NAME", "set it to one line of at most 60 characters"));
    }
    Ok(name.to_owned())
}

fn listen(raw: &Raw) -> Result<SocketAddr, ConfigError> {
    let text = filled(raw.leptos_site_addr.as_deref()).unwrap_or("127.0.0.1:8000");
    text.parse().map_err(|_| {
        let message = format!("\"{text}\" is no address; set it to something like 127.0.0.1:8000");
        ConfigError::new("LEPTOS_SITE_ADDR", message)
    })
}

fn origin(raw: &Raw, env: AppEnv, listen: SocketAddr) -> Result<Origin, ConfigError> {
    let refuse = |message: &str| ConfigError::new("BASE_URL", message);
    let text = match (filled(raw.base_url.as_deref()), env) {
        (Some(text), _) => text.to_owned(),
        (None, AppEnv::Development) => format!("http://localhost:{}", listen.port()),
        (None, AppEnv::Production) => {
            return Err(refuse("set it to the address people type, such as https://accounts.example.com"));
        }
    };
    let origin = Origin::parse(&text).ok_or_else(|| {
        refuse(&format!(
            "\"{text}\" is no address; set it to something like https://accounts.example.com, without a path"
        ))
    })?;
    if env == AppEnv::Development && !origin.is_loopback() {
        return Err(refuse(&format!(
            "{origin} can be reached from elsewhere, and development is for this machine alone; set it to \
             http://localhost:{}, or APP_ENV to production",
            listen.port()
        )));
    }
    if env == AppEnv::Production && !origin.is_https() && !origin.is_loopback() {
        return Err(refuse(&format!(
            "{origin} is plain http on a public address, where anyone on the way reads passwords and \
             cookies; set it to https://… and let a proxy with TLS stand in front"
        )));
    }
    if env == AppEnv::Production && !origin.is_https() && !listen.ip().is_loopback() {
        return Err(ConfigError::new(
            "LEPTOS_SITE_ADDR",
            format!(
                "{listen} is open to others, and {origin} is plain http; set it to 127.0.0.1:{}, or BASE_URL \
                 to https://…",
                listen.port()
            ),
        ));
    }
    Ok(origin)
}

fn database(raw: &Raw) -> Result<StoreOptions, ConfigError> {
    const NAME: &str = "DATABASE_URL";
    let url = secret(NAME, raw.database_url.as_deref(), raw.database_url_file.as_deref())?
        .ok_or_else(|| ConfigError::new(NAME, format!("it is not set; {EXAMPLE}")))?;
    let connect = postgres(NAME, &url)?;
    let most = raw.database_max_connections.as_deref();
    Ok(StoreOptions {
        max_connections: number("DATABASE_MAX_CONNECTIONS", most, 10, 1..=1000)?,
        ..StoreOptions::new(connect.application_name("doorstep"))
    })
}

const EXAMPLE: &str = "set it to something like postgres://doorstep@localhost/doorstep";

/// The address of a Postgres database.
pub(crate) fn postgres(name: &'static str, url: &str) -> Result<PgConnectOptions, ConfigError> {
    let (scheme, rest) =
        url.split_once(':').ok_or_else(|| ConfigError::new(name, format!("it is no address; {EXAMPLE}")))?;
    // The seeds' `.env` files name SQLAlchemy's driver in the scheme.
    match scheme.split('+').collect::<Vec<_>>()[..] {
        ["postgres" | "postgresql"] | ["postgres" | "postgresql", "asyncpg" | "psycopg" | "psycopg2"] => {}
        ["sqlite", ..] => {
            return Err(ConfigError::new(name, format!("SQLite is not supported, only Postgres; {EXAMPLE}")));
        }
        _ => return Err(ConfigError::new(name, format!("\"{scheme}:\" is not Postgres; {EXAMPLE}"))),
    }
    // The driver's own words could repeat the password: they are not shown.
    format!("postgres:{rest}")
        .parse()
        .map_err(|_| ConfigError::new(name, format!("it cannot be read; {EXAMPLE}")))
}

fn switch(variable: &'static str, text: Option<&str>) -> Result<Option<bool>, ConfigError> {
    let Some(text) = filled(text) else { return Ok(None) };
    let message = format!("\"{text}\" is unknown; set it to true or false");
    text.parse().map(Some).map_err(|_| ConfigError::new(variable, message))
}

fn hashing(raw: &Raw) -> Result<Hashing, ConfigError> {
    let default = Hashing::default();
    let cost = |name, text: &Option<String>, default: u32, most| {
        number(name, text.as_deref(), default, default..=most)
    };
    Ok(Hashing {
        memory_kib: cost("ARGON2_M_COST", &raw.argon2_m_cost, default.memory_kib, 131_072)?,
        passes: cost("ARGON2_T_COST", &raw.argon2_t_cost, default.passes, 10)?,
        lanes: cost("ARGON2_P_COST", &raw.argon2_p_cost, default.lanes, 16)?,
        permits: default.permits,
    })
}

fn signup(raw: &Raw) -> Result<Signup, ConfigError> {
    match filled(raw.signup.as_deref()) {
        None | Some("open") => Ok(Signup::Open),
        Some("closed") => Ok(Signup::Closed),
        Some("verify") => Err(ConfigError::new(
            "SIGNUP",
            "\"verify\" needs mail, which this version cannot send yet; set it to open or closed",
        )),
        Some(other) => {
            Err(ConfigError::new("SIGNUP", format!("\"{other}\" is unknown; set it to open or closed")))
        }
    }
}

fn calls_per_minute(raw: &Raw) -> Result<u32, ConfigError> {
    number("RATE_LIMIT_PER_MINUTE", raw.rate_limit_per_minute.as_deref(), 60, 0..=10_000_000)
}

fn proxies(raw: &Raw) -> Result<TrustedProxies, ConfigError> {
    filled(raw.trusted_proxies.as_deref()).unwrap_or_default().parse().map_err(|part| {
        let message = format!(
            "\"{part}\" is no address or network to trust; set it to a list like 10.0.0.0/8, 192.168.1.5"
        );
        ConfigError::new("TRUSTED_PROXIES", message)
    })
}

fn compat(raw: &Raw, env: AppEnv) -> Result<Compat, ConfigError> {
    match (filled(raw.compat.as_deref()), env) {
        (Some(text), _) => Compat::parse(text).map_err(|word| {
            let message =
                format!("\"{word}\" is unknown; set it to all, none, or a list of cookie, oauth2, root");
            ConfigError::new("COMPAT", message)
        }),
        (None, AppEnv::Development) => Ok(Compat::ALL),
        (None, AppEnv::Production) => Ok(Compat::NONE),
    }
}

fn cors_origins(raw: &Raw) -> Result<Vec<Origin>, ConfigError> {
    let text = filled(raw.cors_origins.as_deref()).unwrap_or_default();
    let words = text.split(',').map(str::trim).filter(|_| !text.is_empty());
    let origins = words.map(|word| Origin::parse(word).filter(|_| !word.contains('*')).ok_or(word));
    origins.collect::<Result<_, _>>().map_err(|word| {
        let message = format!("\"{word}\" is no origin; set it to a list like https://app.example.com");
        ConfigError::new("CORS_ORIGINS", message)
    })
}

/// Whether the samples of the five READMEs pass as passwords: never where a stranger could sign up.
fn as_seeds(raw: &Raw, env: AppEnv, listen: SocketAddr) -> Result<bool, ConfigError> {
    let on = switch("AS_SEEDS", raw.as_seeds.as_deref())?.unwrap_or(false);
    // Development's own address is on loopback, see `origin`.
    let local = env == AppEnv::Development && listen.ip().is_loopback();
    if on && !local {
        let message = "it takes weak passwords, so it is for development on loopback only; unset it";
        return Err(ConfigError::new("AS_SEEDS", message));
    }
    Ok(on)
}

fn log_format(raw: &Raw, env: AppEnv) -> Result<LogFormat, ConfigError> {
    match filled(raw.log_format.as_deref()) {
        Some("json") => Ok(LogFormat::Json),
        Some("text") => Ok(LogFormat::Text),
        Some(other) => {
            Err(ConfigError::new("LOG_FORMAT", format!("\"{other}\" is unknown; set it to json or text")))
        }
        None if env == AppEnv::Production => Ok(LogFormat::Json),
        None => Ok(LogFormat::Text),
    }
}
