//! The environment, read once into types; whatever cannot work stops the start, with a sentence each.

mod database;
mod dotenv;
mod fault;
mod look;
mod raw;
mod secret;
mod signing;
mod site;
#[cfg(test)]
mod tests;

pub(crate) use database::postgres;
pub use fault::{ConfigError, Faults};
pub use raw::Raw;
pub(crate) use secret::secret;
pub use signing::Signing;

use crate::{Compat, logging};
use accounts::{Hashing, Settings, Signup};
use app::AppSettings;
use domain::PASSWORD_MIN;
use edge::{Origin, TrustedProxies};
use std::fmt::Display;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;
use store::StoreOptions;

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
    /// Usernames that nobody may take, beside the usual ones.
    pub reserved_usernames: Vec<String>,
    /// Shortest new password.
    pub password_min_length: usize,
    /// Least zxcvbn score of a new password.
    pub password_min_score: u8,
    /// Life of an access token.
    pub token_lifetime: time::Duration,
    /// Life of a refresh token.
    pub refresh_lifetime: time::Duration,
    /// Calls a minute of one principal or address; 0 for no limit.
    pub rate_limit_per_minute: u32,
    /// Who may speak for other addresses.
    pub proxies: TrustedProxies,
    /// Which families of paths answer beside the canonical API.
    pub compat: Compat,
    /// Whose pages may call the API.
    pub cors_origins: Vec<Origin>,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How long a connection may be idle.
    pub keep_alive: Duration,
    /// How long the server goes on serving once it is told to stop.
    pub shutdown_delay: Duration,
    /// What works and is hardly meant: sentences for the log at the start, variable first.
    pub warnings: Vec<String>,
}

impl Config {
    /// Judges what was written.
    ///
    /// # Errors
    /// Every variable that cannot work.
    pub fn new(raw: &Raw) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        // Where that word cannot be read, nothing is asked for that only production needs.
        let env = faults.or(AppEnv::Development, AppEnv::of(raw.app_env.as_deref()));
        let site = site::Site::new(raw, env, &mut faults);
        let database = database::database(raw, &mut faults);
        let signing = faults.or(Signing::Missing, Signing::new(raw, env));
        let accounts = AccountRules::new(raw, site.as_seeds, &mut faults);
        let app = look::settings(raw, site.origin.as_ref(), &accounts, &mut faults);
        let proxies = faults.or(TrustedProxies::default(), proxies(raw));
        let compat = faults.or(Compat::NONE, compat(raw, env));
        let cors_origins = faults.or(Vec::new(), cors_origins(raw));
        let log_format = faults.or(LogFormat::Text, log_format(raw, env));
        faults.keep(logging::filter(raw.rust_log.as_deref()));
        let keep_alive =
            faults.or(75, number("KEEP_ALIVE_SECONDS", raw.keep_alive_seconds.as_deref(), 75, 1..=3600));
        let shutdown_delay = faults.or(0, shutdown_delay(raw, env));
        let (Some(origin), Some(database), true) = (site.origin, database, faults.is_empty()) else {
            return Err(faults);
        };
        let mut warnings = database::warnings(raw, env, &database.connect);
        warnings.extend(warning(raw, env, &origin, &proxies, &signing));
        Ok(Self {
            env,
            app,
            listen: site.listen,
            site_root: filled(raw.leptos_site_root.as_deref()).unwrap_or("target/site").into(),
            hash_files: site.hash_files,
            database,
            signing,
            hashing: accounts.hashing,
            signup: accounts.signup,
            reserved_usernames: accounts.reserved_usernames,
            password_min_length: accounts.password_min,
            password_min_score: accounts.password_score,
            token_lifetime: accounts.token_lifetime,
            refresh_lifetime: accounts.refresh_lifetime,
            rate_limit_per_minute: accounts.rate_limit_per_minute,
            proxies,
            compat,
            cors_origins,
            log_format,
            keep_alive: Duration::from_secs(keep_alive),
            shutdown_delay: Duration::from_secs(shutdown_delay),
            warnings,
            origin,
        })
    }

    /// The same for what signs tokens: a key that cannot be had is one fault of the list.
    ///
    /// # Errors
    /// Every variable that cannot work.
    pub fn with_key(raw: &Raw) -> Result<Self, Faults> {
        let judged = Self::new(raw);
        match judged {
            Ok(config) => {
                config.signing.load()?;
                Ok(config)
            }
            Err(mut faults) => {
                // A start that fails makes no key.
                if let Ok(signing) = Signing::new(raw, AppEnv::Production)
                    && AppEnv::of(raw.app_env.as_deref()).is_ok_and(|env| env == AppEnv::Production)
                {
                    faults.keep(signing.load());
                }
                Err(faults)
            }
        }
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
            rate_limit_per_minute: self.rate_limit_per_minute,
            signup: self.signup,
            reserved_usernames: self.reserved_usernames.clone(),
            password_min_length: self.password_min_length,
            password_min_score: self.password_min_score,
            ..Settings::new(self.signing.load()?, self.origin.to_string())
        })
    }
}

/// Sets what `.env` in the current folder says, where the environment does not say it already.
///
/// # Errors
/// Each line that cannot be read; nothing is set then.
pub fn read_dotenv() -> Result<(), Faults> {
    const NAME: &str = ".env";
    let variables = dotenv::read(Path::new(NAME), |name| std::env::var(name).ok()).map_err(|faults| {
        faults.into_iter().map(|fault| ConfigError::new(NAME, fault)).collect::<Faults>()
    })?;
    // Setting a variable is unsafe code, which that crate holds for us: it gets what was read in its own spelling.
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
    let lines: Vec<String> =
        variables.iter().map(|(name, value)| format!("{name}=\"{}\"\n", escaped(value))).collect();
    dotenvy::from_read(lines.concat().as_bytes())
        .map_err(|error| ConfigError::new(NAME, error.to_string()).into())
}

/// An empty variable is an unset one: compose files and shells often leave it so.
fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
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

fn switch(variable: &'static str, text: Option<&str>) -> Result<Option<bool>, ConfigError> {
    let Some(text) = filled(text) else { return Ok(None) };
    let message = format!("\"{text}\" is unknown; set it to true or false");
    text.parse().map(Some).map_err(|_| ConfigError::new(variable, message))
}

/// What is asked of passwords and tokens.
struct AccountRules {
    password_min: usize,
    password_score: u8,
    hashing: Hashing,
    signup: Signup,
    reserved_usernames: Vec<String>,
    token_lifetime: time::Duration,
    refresh_lifetime: time::Duration,
    rate_limit_per_minute: u32,
}

impl AccountRules {
    fn new(raw: &Raw, as_seeds: bool, faults: &mut Faults) -> Self {
        // The shortest sample has seven characters; the easiest has no score at all.
        let (least, score) = if as_seeds { (7, 0) } else { (PASSWORD_MIN, 3) };
        let length = number("PASSWORD_MIN_LENGTH", raw.password_min_length.as_deref(), least, least..=128);
        let easiest = number("PASSWORD_MIN_SCORE", raw.password_min_score.as_deref(), score, 0..=4);
        let minutes =
            number("ACCESS_TOKEN_EXPIRE_MINUTES", raw.access_token_expire_minutes.as_deref(), 30, 1..=1440);
        let calls = number("RATE_LIMIT_PER_MINUTE", raw.rate_limit_per_minute.as_deref(), 60, 0..=10_000_000);
        Self {
            password_min: faults.or(least, length),
            password_score: faults.or(score, easiest),
            hashing: hashing(raw, faults),
            signup: faults.or(Signup::Closed, signup(raw)),
            reserved_usernames: faults.or(Vec::new(), reserved_usernames(raw)),
            token_lifetime: time::Duration::minutes(faults.or(30, minutes)),
            refresh_lifetime: faults.or(time::Duration::DAY, refresh_lifetime(raw)),
            rate_limit_per_minute: faults.or(60, calls),
        }
    }
}

fn hashing(raw: &Raw, faults: &mut Faults) -> Hashing {
    let least = Hashing::default();
    let mut cost = |name, text: &Option<String>, least: u32, most| {
        faults.or(least, number(name, text.as_deref(), least, least..=most))
    };
    Hashing {
        memory_kib: cost("ARGON2_M_COST", &raw.argon2_m_cost, least.memory_kib, 131_072),
        passes: cost("ARGON2_T_COST", &raw.argon2_t_cost, least.passes, 10),
        lanes: cost("ARGON2_P_COST", &raw.argon2_p_cost, least.lanes, 16),
        permits: least.permits,
    }
}

fn refresh_lifetime(raw: &Raw) -> Result<time::Duration, ConfigError> {
    const NAME: &str = "REFRESH_TOKEN_EXPIRE_DAYS";
    let days = number(NAME, raw.refresh_token_expire_days.as_deref(), 30, 1..=30);
    let days = days.map_err(|error| {
        ConfigError::new(NAME, format!("{}, after which every session ends", error.message()))
    })?;
    Ok(time::Duration::days(days))
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

fn proxies(raw: &Raw) -> Result<TrustedProxies, ConfigError> {
    const NAME: &str = "TRUSTED_PROXIES";
    let refuse =
        |what: &str| ConfigError::new(NAME, format!("{what}; set it to a list like 10.0.0.0/8, 192.168.1.5"));
    let text = filled(raw.trusted_proxies.as_deref()).unwrap_or_default();
    let proxies: TrustedProxies = text
        .parse()
        .map_err(|part| refuse(&format!("\"{part}\" isn't a valid address or network to trust")))?;
    if proxies.are_anybody() {
        return Err(refuse("its networks hold so many public addresses that anybody could be among them"));
    }
    Ok(proxies)
}

/// For the orchestrator to send nobody here any more. On a developer's machine nobody waits.
fn shutdown_delay(raw: &Raw, env: AppEnv) -> Result<u64, ConfigError> {
    let default = if env == AppEnv::Production { 5 } else { 0 };
    number("SHUTDOWN_DELAY_SECONDS", raw.shutdown_delay_seconds.as_deref(), default, 0..=300)
}

fn warning(
    raw: &Raw,
    env: AppEnv,
    origin: &Origin,
    proxies: &TrustedProxies,
    signing: &Signing,
) -> Vec<String> {
    let mut warnings = Vec::new();
    // The server speaks plain http: https comes from a proxy, whose address would be every client's.
    if origin.is_https() && proxies.is_empty() {
        warnings.push(
            "TRUSTED_PROXIES: it is not set, so the proxy's address is taken for everybody's, and all share the \
             tries of one; set it to the proxy's address or network, such as 10.0.0.0/8"
                .to_owned(),
        );
    }
    let secret =
        [&raw.secret_key, &raw.secret_key_file].into_iter().any(|text| filled(text.as_deref()).is_some());
    if secret && !matches!(signing, Signing::Secret(_)) {
        warnings.push(
            "SECRET_KEY: it is not used, for ALGORITHM is EdDSA; unset it, or set ALGORITHM to HS256"
                .to_owned(),
        );
    }
    if env == AppEnv::Production && Path::new(".env").exists() {
        warnings.push(
            ".env: it is read in development alone, so nothing in it counts; set its variables for the process"
                .to_owned(),
        );
    }
    warnings
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

fn reserved_usernames(raw: &Raw) -> Result<Vec<String>, ConfigError> {
    let list = filled(raw.reserved_usernames.as_deref()).unwrap_or_default();
    let words = list.split(',').map(str::trim).filter(|word| !word.is_empty());
    let word = |word: &str| {
        let fits = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte));
        fits.then(|| word.to_owned()).ok_or_else(|| {
            let message = format!(
                "\"{word}\" isn't a valid username; set it to names separated by commas, such as acme, press"
            );
            ConfigError::new("RESERVED_USERNAMES", message)
        })
    };
    words.map(word).collect()
}

fn cors_origins(raw: &Raw) -> Result<Vec<Origin>, ConfigError> {
    let text = filled(raw.cors_origins.as_deref()).unwrap_or_default();
    let words = text.split(',').map(str::trim).filter(|_| !text.is_empty());
    let origins = words.map(|word| Origin::parse(word).filter(|_| !word.contains('*')).ok_or(word));
    origins.collect::<Result<_, _>>().map_err(|word| {
        let message =
            format!("\"{word}\" isn't a valid origin; set it to a list like https://app.example.com");
        ConfigError::new("CORS_ORIGINS", message)
    })
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
