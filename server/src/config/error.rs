use std::fmt;
use thiserror::Error;

/// One error of a configuration: which variable, what is wrong with it, what to set.
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

    pub(super) fn message(&self) -> &str {
        &self.message
    }
}

/// All errors that stop the start, one per line: a single start lists everything that must be mended.
#[derive(Debug, Default)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// The value, or `None` after noting the error.
    pub(crate) fn keep<T>(&mut self, judged: Result<T, ConfigError>) -> Option<T> {
        judged.map_err(|error| self.0.push(error)).ok()
    }

    /// The value, or a default after noting the error.
    pub(crate) fn or<T>(&mut self, instead: T, judged: Result<T, ConfigError>) -> T {
        self.keep(judged).unwrap_or(instead)
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl FromIterator<ConfigError> for ConfigErrors {
    fn from_iter<I: IntoIterator<Item = ConfigError>>(errors: I) -> Self {
        Self(errors.into_iter().collect())
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ConfigErrors {}
