//! The environment, read once into types. Every setting that cannot work stops the start, each with a sentence.

mod account_rules;
mod address;
mod app_settings;
mod compat;
pub(crate) mod database;
mod dotenv;
mod encryption;
pub(crate) mod env;
pub(crate) mod error;
mod key_file;
pub(crate) mod log;
mod logo;
mod mail;
mod network;
mod raw;
mod redis;
pub(crate) mod secret;
mod signing;
#[cfg(test)]
mod tests;
mod value;

pub use compat::Compat;
pub use encryption::Encryption;
pub use env::AppEnv;
pub use error::{ConfigError, ConfigErrors};
pub use key_file::KeyAge;
pub use log::LogFormat;
pub use mail::{MailConfig, MailTransport, SmtpServer, mail_address};
pub use raw::RawConfig;
pub use signing::Signing;

use account_rules::AccountRules;
use accounts::{
    BreachedPasswords, Hashing, Logo, MailSettings, RedisSettings, RequireFactor, Settings, Signup,
};
use address::Addresses;
use app::AppSettings;
use edge::{Origin, TrustedProxies};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use store::StoreOptions;
use value::{filled, switch};

/// All settings, checked.
#[derive(Debug)]
pub struct Config {
    /// For whom the server runs.
    pub env: AppEnv,
    /// What pages show.
    pub app: AppSettings,
    /// What takes the place of the mark.
    pub logo: Option<Arc<Logo>>,
    /// The site's own origin.
    pub origin: Origin,
    /// Where the server listens.
    pub listen: SocketAddr,
    /// Where metrics are served; nowhere unless it is set.
    pub metrics: Option<SocketAddr>,
    /// The collector that spans of requests are sent to, if any.
    #[cfg(feature = "otel")]
    pub traces: Option<String>,
    /// Where the built site is.
    pub site_root: PathBuf,
    /// Whether the site's files carry hashes in their names; `None`: where the build left their list.
    pub hash_files: Option<bool>,
    /// How to reach the database.
    pub database: StoreOptions,
    /// How to reach Redis, if there is one.
    pub redis: Option<RedisSettings>,
    /// What tokens are signed with.
    pub signing: Signing,
    /// What secrets at rest are encrypted with.
    pub encryption: Encryption,
    /// What a password hash costs.
    pub hashing: Hashing,
    /// Who may sign up.
    pub signup: Signup,
    /// Whether an account may do nothing before its address is proven.
    pub require_verified: bool,
    /// Whose account must have a second factor.
    pub require_factor: RequireFactor,
    /// Usernames that nobody may take, beside the usual ones.
    pub reserved_usernames: Vec<String>,
    /// For how many days an account that its owner deleted can be restored.
    pub deletion_grace_days: u16,
    /// Shortest new password.
    pub password_min_length: usize,
    /// Least zxcvbn score of a new password.
    pub password_min_score: u8,
    /// Passwords that nobody may choose.
    pub breached_passwords: Option<Arc<BreachedPasswords>>,
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
    /// Where mail goes, and who sends it.
    pub mail: MailConfig,
    /// How log lines are written.
    pub log_format: LogFormat,
    /// How long a connection may be idle.
    pub keep_alive: Duration,
    /// How long the server goes on serving once it is told to stop.
    pub shutdown_delay: Duration,
    /// Warnings about settings that work but are probably mistakes: sentences for the log at the start, variable first.
    pub warnings: Vec<String>,
}

impl Config {
    /// Checks the raw settings.
    ///
    /// # Errors
    /// Every variable that cannot work.
    pub fn new(raw: &RawConfig) -> Result<Self, ConfigErrors> {
        let mut errors = ConfigErrors::default();
        // If `APP_ENV` cannot be read, what only production needs is not required.
        let env = errors.or(AppEnv::Development, AppEnv::of(raw.app_env.as_deref()));
        let addresses = Addresses::new(raw, env, &mut errors);
        let hash_files = errors.or(None, switch("LEPTOS_HASH_FILES", raw.leptos_hash_files.as_deref()));
        let as_seeds = errors.or(false, address::as_seeds(raw, env, addresses.listen));
        let database = database::database(raw, &mut errors);
        let redis = redis::redis(raw, &mut errors);
        let signing = errors.or(Signing::Missing, Signing::new(raw, env));
        let accounts = AccountRules::new(raw, env, as_seeds, &mut errors);
        let logo = errors.or(None, logo::logo(raw));
        let mail = mail::mail(raw, env, &accounts, &mut errors);
        let (own, mails) = (addresses.origin.as_ref(), mail.as_ref().is_some_and(MailConfig::is_on));
        let app = app_settings::settings(raw, logo.as_deref(), own, &accounts, mails, &mut errors);
        let proxies = errors.or(TrustedProxies::default(), network::proxies(raw));
        let compat = errors.or(Compat::NONE, compat::compat(raw, env));
        let cors_origins = errors.or(Vec::new(), network::cors_origins(raw));
        let log_format = log::checked(raw, env, &mut errors);
        let times = network::Times::new(raw, env, &mut errors);
        let needed = (addresses.origin, database, mail, errors.is_empty());
        let (Some(origin), Some(database), Some(mail), true) = needed else {
            return Err(errors);
        };
        let mut warnings = others(raw, env, &origin, &proxies, &signing);
        warnings.extend(of_parts(raw, env, &database, redis.as_ref(), &mail, &accounts));
        Ok(Self {
            env,
            app,
            logo,
            listen: addresses.listen,
            metrics: addresses.metrics,
            #[cfg(feature = "otel")]
            traces: filled(raw.otel_exporter_otlp_endpoint.as_deref()).map(str::to_owned),
            site_root: filled(raw.leptos_site_root.as_deref()).unwrap_or("target/site").into(),
            hash_files,
            database,
            redis,
            signing,
            encryption: Encryption::new(raw, env, mail::is_set_up(raw)),
            hashing: accounts.hashing,
            signup: accounts.signup,
            require_verified: accounts.require_verified,
            require_factor: accounts.require_factor,
            deletion_grace_days: accounts.deletion_grace_days,
            reserved_usernames: accounts.reserved_usernames,
            password_min_length: accounts.password_min,
            password_min_score: accounts.password_score,
            breached_passwords: accounts.breached_passwords,
            token_lifetime: accounts.token_lifetime,
            refresh_lifetime: accounts.refresh_lifetime,
            rate_limit_per_minute: accounts.rate_limit_per_minute,
            proxies,
            compat,
            cors_origins,
            mail,
            log_format,
            keep_alive: times.keep_alive,
            shutdown_delay: times.shutdown_delay,
            warnings,
            origin,
        })
    }

    /// The same with the keys: one that cannot be read is one more error of the list.
    ///
    /// # Errors
    /// Every variable that cannot work.
    pub fn with_keys(raw: &RawConfig) -> Result<Self, ConfigErrors> {
        Self::judged_with_keys(raw, Self::new(raw))
    }

    /// The same for a command that changes nothing: a key that the first start would make is made in memory.
    ///
    /// # Errors
    /// Every variable that cannot work.
    pub fn only_looking(raw: &RawConfig) -> Result<Self, ConfigErrors> {
        let config = Self::new(raw).map(|mut config| {
            config.signing.only_look();
            config.encryption.only_look();
            config
        });
        Self::judged_with_keys(raw, config)
    }

    fn judged_with_keys(raw: &RawConfig, config: Result<Self, ConfigErrors>) -> Result<Self, ConfigErrors> {
        match config {
            Ok(config) => {
                let mut errors = ConfigErrors::default();
                errors.keep(config.signing.load());
                errors.keep(config.encryption.load());
                if errors.is_empty() { Ok(config) } else { Err(errors) }
            }
            Err(mut errors) => {
                let env = AppEnv::Production;
                // A start that fails makes no key.
                if AppEnv::of(raw.app_env.as_deref()).is_ok_and(|judged| judged == env) {
                    if let Ok(signing) = Signing::new(raw, env) {
                        errors.keep(signing.load());
                    }
                    errors.keep(Encryption::new(raw, env, mail::is_set_up(raw)).load());
                }
                Err(errors)
            }
        }
    }

    /// What the use cases need of it.
    ///
    /// # Errors
    /// [`ConfigError`] where a key cannot be had.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        Ok(Settings {
            hashing: self.hashing,
            token_lifetime: self.token_lifetime,
            refresh_lifetime: self.refresh_lifetime,
            rate_limit_per_minute: self.rate_limit_per_minute,
            mail: MailSettings {
                enabled: self.mail.is_on(),
                app_name: self.app.name.clone(),
                support_url: self.app.support_url.clone(),
                logo: self.logo.clone(),
            },
            signup: self.signup,
            require_verified: self.require_verified,
            require_factor: self.require_factor,
            deletion_grace_days: self.deletion_grace_days,
            reserved_usernames: self.reserved_usernames.clone(),
            password_min_length: self.password_min_length,
            password_min_score: self.password_min_score,
            breached_passwords: self.breached_passwords.clone(),
            encryption: self.encryption.load()?,
            redis: self.redis.clone(),
            ..Settings::new(self.signing.load()?, self.origin.to_string())
        })
    }
}

/// Sets what `.env` in the current folder says, where the environment does not say it already.
///
/// # Errors
/// Each line that cannot be read; nothing is set then.
pub fn read_dotenv() -> Result<(), ConfigErrors> {
    const NAME: &str = ".env";
    let variables = dotenv::read(Path::new(NAME), |name| std::env::var(name).ok()).map_err(|errors| {
        errors.into_iter().map(|error| ConfigError::new(NAME, error)).collect::<ConfigErrors>()
    })?;
    // Setting a variable is unsafe code, which that crate contains: it gets the values in its own format.
    let escaped = |value: &str| value.replace('\\', "\\\\").replace('"', "\\\"").replace('$', "\\$");
    let lines: Vec<String> =
        variables.iter().map(|(name, value)| format!("{name}=\"{}\"\n", escaped(value))).collect();
    dotenvy::from_read(lines.concat().as_bytes())
        .map_err(|error| ConfigError::new(NAME, error.to_string()).into())
}

fn of_parts(
    raw: &RawConfig,
    env: AppEnv,
    database: &StoreOptions,
    redis: Option<&RedisSettings>,
    mail: &MailConfig,
    accounts: &AccountRules,
) -> Vec<String> {
    [
        database::warnings(raw, env, database),
        redis::warnings(raw, env, redis),
        mail::warnings(raw, env, mail),
        account_rules::warnings(raw, env, accounts),
    ]
    .concat()
}

fn others(
    raw: &RawConfig,
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
    if cfg!(not(feature = "otel")) && filled(raw.otel_exporter_otlp_endpoint.as_deref()).is_some() {
        warnings.push(
            "OTEL_EXPORTER_OTLP_ENDPOINT: this build sends no traces; unset it, or build with `--features \
             server/otel`"
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
