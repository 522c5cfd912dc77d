use super::env::AppEnv;
use super::error::ConfigError;
use super::key_file::{KeyAge, KeyFile};
use super::raw::RawConfig;
use accounts::EncryptionKeys;
use std::path::Path;
use time::{Duration, OffsetDateTime};

const NAME: &str = "ENCRYPTION_KEY_FILE";
/// Where development keeps the key it makes at the first start.
const DEVELOPMENT_KEY: &str = "var/encryption-key.pem";

/// The source of the keys of secrets at rest. They are read when they are needed, as the signing key is.
#[derive(Debug)]
pub struct Encryption {
    file: Option<KeyFile>,
    needed: bool,
}

impl Encryption {
    pub(super) fn new(raw: &RawConfig, env: AppEnv, mail_is_set_up: bool) -> Self {
        let file = KeyFile::new(NAME, raw.encryption_key_file.as_deref(), env, DEVELOPMENT_KEY);
        Self { file, needed: mail_is_set_up }
    }

    pub(super) fn load(&self) -> Result<Option<EncryptionKeys>, ConfigError> {
        if self.file.is_none() && !self.needed {
            return Ok(None);
        }
        self.keys().map(Some)
    }

    pub(super) fn only_look(&mut self) {
        if let Some(file) = &mut self.file {
            file.only_look();
        }
    }

    /// Where the keys are.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        self.file.as_ref().map(KeyFile::path)
    }

    /// How old the key is that encrypts.
    #[must_use]
    pub fn age(&self, now: OffsetDateTime) -> Option<KeyAge> {
        self.file.as_ref()?.age(self.keys().ok()?.encrypts_since(now))
    }

    /// The keys.
    ///
    /// # Errors
    /// [`ConfigError`] where there are none.
    pub fn keys(&self) -> Result<EncryptionKeys, ConfigError> {
        self.file()?.load(EncryptionKeys::generate_pem, EncryptionKeys::from_pem)
    }

    /// Adds a key to the file, which encrypts from `lead` after `now`: every server must have been restarted by then.
    ///
    /// # Errors
    /// [`ConfigError`] where there is no such file or it cannot be written.
    pub fn rotate(&self, now: OffsetDateTime, lead: Duration) -> Result<(), ConfigError> {
        self.file()?.change(|text| EncryptionKeys::rotate_pem(text, now, lead))
    }

    /// Drops those keys that no row names and no server encrypts with.
    ///
    /// # Errors
    /// [`ConfigError`] where there is no such file or it cannot be written.
    pub fn drop_unused(&self, unused: &[String], now: OffsetDateTime) -> Result<(), ConfigError> {
        self.file()?.change(|text| EncryptionKeys::without(text, unused, now))
    }

    fn file(&self) -> Result<&KeyFile, ConfigError> {
        self.file.as_ref().ok_or_else(|| {
            let message =
                "it is not set, and mail needs it; make a key as docs/deploy.md says and set it to that file";
            ConfigError::new(NAME, message)
        })
    }
}
