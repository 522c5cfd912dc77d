//! The settings for passwords, usernames and tokens.

use super::env::AppEnv;
use super::error::{ConfigError, ConfigErrors};
use super::raw::RawConfig;
use super::value::{filled, number, switch};
use accounts::{BreachedPasswords, Hashing, LEAST_PASSWORD_SCORE, RequireFactor, Signup};
use app::SignupFields;
use domain::PASSWORD_MIN;
use std::path::Path;
use std::sync::Arc;

/// The settings for passwords and tokens.
pub(super) struct AccountRules {
    pub(super) password_min: usize,
    pub(super) password_score: u8,
    pub(super) breached_passwords: Option<Arc<BreachedPasswords>>,
    pub(super) hashing: Hashing,
    pub(super) signup: Signup,
    pub(super) signup_fields: SignupFields,
    pub(super) require_verified: bool,
    pub(super) require_factor: RequireFactor,
    pub(super) reserved_usernames: Vec<String>,
    pub(super) deletion_grace_days: u16,
    pub(super) token_lifetime: time::Duration,
    pub(super) refresh_lifetime: time::Duration,
    pub(super) rate_limit_per_minute: u32,
}

impl AccountRules {
    pub(super) fn new(raw: &RawConfig, env: AppEnv, as_seeds: bool, errors: &mut ConfigErrors) -> Self {
        // The shortest sample has seven characters; the easiest has no score at all.
        let (least, score) = if as_seeds { (7, 0) } else { (PASSWORD_MIN, 3) };
        let length = number("PASSWORD_MIN_LENGTH", raw.password_min_length.as_deref(), least, least..=128);
        let floor = if env == AppEnv::Production { LEAST_PASSWORD_SCORE } else { 0 };
        let easiest = number("PASSWORD_MIN_SCORE", raw.password_min_score.as_deref(), score, floor..=4);
        let minutes =
            number("ACCESS_TOKEN_EXPIRE_MINUTES", raw.access_token_expire_minutes.as_deref(), 30, 1..=1440);
        let calls = number("RATE_LIMIT_PER_MINUTE", raw.rate_limit_per_minute.as_deref(), 60, 0..=10_000_000);
        // The seeds' deletions delete.
        let days = if as_seeds { 0 } else { 14 };
        let grace = number("DELETION_GRACE_DAYS", raw.deletion_grace_days.as_deref(), days, 0..=365);
        let require_verified = switch("REQUIRE_VERIFIED", raw.require_verified.as_deref());
        Self {
            password_min: errors.or(least, length),
            password_score: errors.or(score, easiest),
            breached_passwords: errors.or(None, breached_passwords(raw)),
            hashing: hashing(raw, errors),
            signup: errors.or(Signup::Closed, signup(raw)),
            signup_fields: errors.or(SignupFields::default(), signup_fields(raw)),
            require_verified: errors.or(None, require_verified).unwrap_or(false),
            require_factor: errors.or(RequireFactor::Nobody, require_factor(raw)),
            deletion_grace_days: errors.or(days, grace),
            reserved_usernames: errors.or(Vec::new(), reserved_usernames(raw)),
            token_lifetime: time::Duration::minutes(errors.or(30, minutes)),
            refresh_lifetime: errors.or(time::Duration::DAY, refresh_lifetime(raw)),
            rate_limit_per_minute: errors.or(60, calls),
        }
    }
}

fn breached_passwords(raw: &RawConfig) -> Result<Option<Arc<BreachedPasswords>>, ConfigError> {
    let Some(path) = filled(raw.breached_passwords_file.as_deref()) else { return Ok(None) };
    let list = BreachedPasswords::open(Path::new(path));
    let told = |why: std::io::Error| {
        ConfigError::new(
            "BREACHED_PASSWORDS_FILE",
            format!("{path}: {why}; set it to a file of SHA-1 hashes in their order, one a line"),
        )
    };
    list.map(|list| Some(Arc::new(list))).map_err(told)
}

fn hashing(raw: &RawConfig, errors: &mut ConfigErrors) -> Hashing {
    let least = Hashing::default();
    let mut cost = |name, text: &Option<String>, least: u32, most| {
        errors.or(least, number(name, text.as_deref(), least, least..=most))
    };
    Hashing {
        memory_kib: cost("ARGON2_M_COST", &raw.argon2_m_cost, least.memory_kib, 131_072),
        passes: cost("ARGON2_T_COST", &raw.argon2_t_cost, least.passes, 10),
        lanes: cost("ARGON2_P_COST", &raw.argon2_p_cost, least.lanes, 16),
        permits: least.permits,
    }
}

fn refresh_lifetime(raw: &RawConfig) -> Result<time::Duration, ConfigError> {
    const NAME: &str = "REFRESH_TOKEN_EXPIRE_DAYS";
    let days = number(NAME, raw.refresh_token_expire_days.as_deref(), 30, 1..=30);
    let days = days.map_err(|error| {
        ConfigError::new(NAME, format!("{}, after which every session ends", error.message()))
    })?;
    Ok(time::Duration::days(days))
}

fn signup(raw: &RawConfig) -> Result<Signup, ConfigError> {
    match filled(raw.signup.as_deref()) {
        None | Some("open") => Ok(Signup::Open),
        Some("closed") => Ok(Signup::Closed),
        Some("verify") => Ok(Signup::Verify),
        Some(other) => Err(ConfigError::new(
            "SIGNUP",
            format!("\"{other}\" is unknown; set it to open, verify or closed"),
        )),
    }
}

fn require_factor(raw: &RawConfig) -> Result<RequireFactor, ConfigError> {
    match filled(raw.require_factor.as_deref()) {
        None | Some("none") => Ok(RequireFactor::Nobody),
        Some("admins") => Ok(RequireFactor::Admins),
        Some("all") => Ok(RequireFactor::All),
        Some(other) => Err(ConfigError::new(
            "REQUIRE_FACTOR",
            format!("\"{other}\" is unknown; set it to none, admins or all"),
        )),
    }
}

/// What would leave people with passkeys alone, which not every device has.
pub(super) fn warnings(raw: &RawConfig, env: AppEnv, accounts: &AccountRules) -> Vec<String> {
    // Development makes the key itself.
    let has_key = env == AppEnv::Development || filled(raw.encryption_key_file.as_deref()).is_some();
    let lacks = accounts.require_factor != RequireFactor::Nobody && !has_key;
    let warning = "REQUIRE_FACTOR: without ENCRYPTION_KEY_FILE nobody can set an authenticator app up, so passkeys are the only \
                   second factor; set ENCRYPTION_KEY_FILE";
    Vec::from_iter(lacks.then(|| warning.to_owned()))
}

fn signup_fields(raw: &RawConfig) -> Result<SignupFields, ConfigError> {
    let Some(list) = filled(raw.signup_fields.as_deref()) else { return Ok(SignupFields::default()) };
    let mut fields = SignupFields { name: false, username: false };
    for field in list.split(',').map(str::trim).filter(|field| *field != "none") {
        match field {
            "name" => fields.name = true,
            "username" => fields.username = true,
            other => {
                let message =
                    format!("\"{other}\" is unknown; set it to name, username, name,username or none");
                return Err(ConfigError::new("SIGNUP_FIELDS", message));
            }
        }
    }
    Ok(fields)
}

fn reserved_usernames(raw: &RawConfig) -> Result<Vec<String>, ConfigError> {
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
