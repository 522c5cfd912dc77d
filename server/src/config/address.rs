//! Where the server listens, and what address people type.

use super::env::AppEnv;
use super::error::{ConfigError, ConfigErrors};
use super::raw::RawConfig;
use super::value::{filled, switch};
use edge::Origin;
use std::net::{Ipv4Addr, SocketAddr};

const LISTEN: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 8000);

/// As far as they could be read.
pub(super) struct Addresses {
    pub(super) listen: SocketAddr,
    pub(super) metrics: Option<SocketAddr>,
    pub(super) origin: Option<Origin>,
}

impl Addresses {
    pub(super) fn new(raw: &RawConfig, env: AppEnv, errors: &mut ConfigErrors) -> Self {
        let listen = errors.or(LISTEN, listen(raw));
        let metrics = errors.or(None, metrics(raw, listen));
        Self { listen, metrics, origin: errors.keep(origin(raw, env, listen)) }
    }
}

fn listen(raw: &RawConfig) -> Result<SocketAddr, ConfigError> {
    let text = filled(raw.leptos_site_addr.as_deref()).unwrap_or("127.0.0.1:8000");
    text.parse().map_err(|_| {
        let message = format!("\"{text}\" isn't a valid address; set it to something like 127.0.0.1:8000");
        ConfigError::new("LEPTOS_SITE_ADDR", message)
    })
}

/// Never where people sign in: how much a site is used is nobody's business.
fn metrics(raw: &RawConfig, listen: SocketAddr) -> Result<Option<SocketAddr>, ConfigError> {
    let refuse = |message: String| ConfigError::new("METRICS_ADDR", message);
    let Some(text) = filled(raw.metrics_addr.as_deref()) else { return Ok(None) };
    let address: SocketAddr = text.parse().map_err(|_| {
        refuse(format!("\"{text}\" isn't a valid address; set it to something like 127.0.0.1:9464"))
    })?;
    if address.port() == listen.port() && address.port() != 0 {
        return Err(refuse(format!(
            "{address} has the port of LEPTOS_SITE_ADDR, where people sign in; set another"
        )));
    }
    Ok(Some(address))
}

fn origin(raw: &RawConfig, env: AppEnv, listen: SocketAddr) -> Result<Origin, ConfigError> {
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
            "\"{text}\" isn't a valid address; set it to something like https://accounts.example.com, without a path"
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

/// Whether the sample passwords of the five READMEs are accepted: never where a stranger could sign up.
pub(super) fn as_seeds(raw: &RawConfig, env: AppEnv, listen: SocketAddr) -> Result<bool, ConfigError> {
    let on = switch("AS_SEEDS", raw.as_seeds.as_deref())?.unwrap_or(false);
    // Development's own address is on loopback, see `origin`.
    let local = env == AppEnv::Development && listen.ip().is_loopback();
    if on && !local {
        let message = "it takes weak passwords, so it is for development on loopback only; unset it";
        return Err(ConfigError::new("AS_SEEDS", message));
    }
    Ok(on)
}
