//! Development or production.

use super::error::ConfigError;
use super::value::filled;

/// For whom the server runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AppEnv {
    /// On a developer's machine: defaults for everything, a signing key is made when missing.
    Development,
    /// Secrets must be given, and plain http is for loopback only.
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
