use super::env::AppEnv;
use super::error::ConfigError;
use super::key_file::{KeyAge, KeyFile};
use super::raw::RawConfig;
use super::secret::{OTHERS_READ, is_guessable, others_read, secret};
use super::value::filled;
use accounts::{KeyRing, SigningKey};
use std::fmt;
use std::path::Path;
use time::{Duration, OffsetDateTime};

/// Where development keeps the key it makes at the first start.
const DEVELOPMENT_KEY: &str = "var/signing-key.pem";
const MIN_SECRET: usize = 32;
const NAME: &str = "SIGNING_KEY_FILE";

/// The source of the signing key. The key itself is read when it is needed, so that `migrate` runs without one.
pub enum Signing {
    /// An Ed25519 key in a file.
    KeyFile(KeyFile),
    /// A secret for HS256.
    Secret(String),
    /// None was given where one must be.
    Missing,
}

impl fmt::Debug for Signing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::KeyFile(file) => file.fmt(f),
            Self::Secret(_) => f.write_str("Secret(…)"),
            Self::Missing => f.write_str("Missing"),
        }
    }
}

impl Signing {
    pub(super) fn new(raw: &RawConfig, env: AppEnv) -> Result<Self, ConfigError> {
        match filled(raw.algorithm.as_deref()) {
            None | Some("EdDSA") => {
                let file = KeyFile::new(NAME, raw.signing_key_file.as_deref(), env, DEVELOPMENT_KEY);
                Ok(file.map_or(Self::Missing, Self::KeyFile))
            }
            Some("HS256") => hs256(raw, env),
            Some(other) => {
                let message = format!("\"{other}\" is not supported; set it to EdDSA or HS256");
                Err(ConfigError::new("ALGORITHM", message))
            }
        }
    }

    pub(super) fn load(&self) -> Result<KeyRing, ConfigError> {
        match self {
            Self::Secret(secret) => SigningKey::hs256(secret.as_bytes())
                .map(KeyRing::from)
                .map_err(|error| ConfigError::new("SECRET_KEY", error.to_string())),
            Self::KeyFile(file) => file.load(SigningKey::generate_ed25519_pem, KeyRing::ed25519_pem),
            Self::Missing => Err(ConfigError::new(
                NAME,
                "it is not set; make a key with `openssl genpkey -algorithm ed25519 -out signing-key.pem` \
                 and set it to that file",
            )),
        }
    }
}

impl Signing {
    pub(super) fn only_look(&mut self) {
        if let Self::KeyFile(file) = self {
            file.only_look();
        }
    }

    /// Where the key is, if that is a file.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        let Self::KeyFile(file) = self else { return None };
        Some(file.path())
    }

    /// How old the key is that signs.
    #[must_use]
    pub fn age(&self, now: OffsetDateTime) -> Option<KeyAge> {
        let Self::KeyFile(file) = self else { return None };
        file.age(self.load().ok()?.signs_since(now))
    }

    /// Adds a key to the file, which signs from `lead` after `now`: every server must have been restarted by then. The
    /// previous key verifies for eight days more, so nobody is signed out.
    ///
    /// # Errors
    /// [`ConfigError`] where there is no such file or it cannot be written.
    pub fn rotate(&self, now: OffsetDateTime, lead: Duration) -> Result<(), ConfigError> {
        let Self::KeyFile(file) = self else {
            return Err(ConfigError::new(NAME, "only keys in a file are rotated; set it to that file"));
        };
        file.change(|text| KeyRing::rotate_ed25519_pem(text, now, lead))
    }
}

fn hs256(raw: &RawConfig, env: AppEnv) -> Result<Signing, ConfigError> {
    const ADVICE: &str = "set it to 32 random bytes, as `openssl rand -hex 32` prints them";
    let refuse = |why: &str| ConfigError::new("SECRET_KEY", format!("{why}; {ADVICE}"));
    let secret = secret("SECRET_KEY", raw.secret_key.as_deref(), raw.secret_key_file.as_deref())?
        .ok_or_else(|| refuse("HS256 needs it"))?;
    if secret.len() < MIN_SECRET {
        return Err(refuse("it is shorter than 32 characters"));
    }
    if is_guessable(&secret) {
        return Err(refuse("it can be guessed"));
    }
    if let Some(path) = filled(raw.secret_key_file.as_deref())
        && env == AppEnv::Production
        && others_read(Path::new(path)).is_ok_and(|others| others)
    {
        let message = format!("{path}: {OTHERS_READ}");
        return Err(ConfigError::new("SECRET_KEY_FILE", message));
    }
    Ok(Signing::Secret(secret))
}
