//! Proxies, origins whose pages may call, and the times of connections and of a stop.

use super::env::AppEnv;
use super::error::{ConfigError, ConfigErrors};
use super::raw::RawConfig;
use super::value::{filled, number};
use edge::{Origin, TrustedProxies};
use std::time::Duration;

pub(super) fn proxies(raw: &RawConfig) -> Result<TrustedProxies, ConfigError> {
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

pub(super) fn cors_origins(raw: &RawConfig) -> Result<Vec<Origin>, ConfigError> {
    let text = filled(raw.cors_origins.as_deref()).unwrap_or_default();
    let words = text.split(',').map(str::trim).filter(|_| !text.is_empty());
    let origins = words.map(|word| Origin::parse(word).filter(|_| !word.contains('*')).ok_or(word));
    origins.collect::<Result<_, _>>().map_err(|word| {
        let message =
            format!("\"{word}\" isn't a valid origin; set it to a list like https://app.example.com");
        ConfigError::new("CORS_ORIGINS", message)
    })
}

/// The times of connections and of a stop.
pub(super) struct Times {
    /// How long a connection may be idle.
    pub(super) keep_alive: Duration,
    /// It gives the orchestrator time to stop sending requests. In development nothing waits.
    pub(super) shutdown_delay: Duration,
}

impl Times {
    pub(super) fn new(raw: &RawConfig, env: AppEnv, errors: &mut ConfigErrors) -> Self {
        let idle = number("KEEP_ALIVE_SECONDS", raw.keep_alive_seconds.as_deref(), 75, 1..=3600);
        let default = if env == AppEnv::Production { 5 } else { 0 };
        let delay = number("SHUTDOWN_DELAY_SECONDS", raw.shutdown_delay_seconds.as_deref(), default, 0..=300);
        Self {
            keep_alive: Duration::from_secs(errors.or(75, idle)),
            shutdown_delay: Duration::from_secs(errors.or(0, delay)),
        }
    }
}
