//! What is logged, and how it is written.

use super::env::AppEnv;
use super::error::{ConfigError, ConfigErrors};
use super::raw::RawConfig;
use super::value::filled;
use tracing_subscriber::EnvFilter;

/// Without Postgres' notice at each start that the table of migrations exists already, and without the driver's lines
/// about each node of a cluster that it cannot reach: the breaker says what becomes of that, once.
const DEFAULT: &str = "info,sqlx::postgres::notice=warn,redis::cluster_handling=error";

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For machines.
    Json,
    /// For people.
    Text,
}

/// The format; the filter is read when logging starts, and only checked here.
pub(super) fn checked(raw: &RawConfig, env: AppEnv, errors: &mut ConfigErrors) -> LogFormat {
    errors.keep(filter(raw.rust_log.as_deref()));
    errors.or(LogFormat::Text, format(raw, env))
}

fn format(raw: &RawConfig, env: AppEnv) -> Result<LogFormat, ConfigError> {
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

/// What is logged, from the variable's text.
pub(crate) fn filter(text: Option<&str>) -> Result<EnvFilter, ConfigError> {
    let text = text.map(str::trim).filter(|text| !text.is_empty()).unwrap_or(DEFAULT);
    EnvFilter::try_new(text)
        .map_err(|error| ConfigError::new("RUST_LOG", format!("{error}; set it to something like info")))
}
