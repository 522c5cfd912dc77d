//! `REDIS_URL` and what belongs to it. No refusal repeats anything that could be a password.

use super::env::AppEnv;
use super::error::{ConfigError, ConfigErrors};
use super::raw::RawConfig;
use super::secret::{readable_by_others, secret};
use super::value::{filled, host, percent_decoded};
use accounts::{RedisNode, RedisSettings, RedisTls};
use edge::origin::is_loopback;
use lettre::transport::smtp::client::Certificate;

const NAME: &str = "REDIS_URL";
const AUTHORITY: &str = "REDIS_CA_FILE";
const EXAMPLE: &str = "set it to something like redis://localhost:6379/0, or \
                       rediss://user:password@cache.example.com/0, and write %40 for an @ in a user name or a password";
const PORT: u16 = 6379;

pub(super) fn redis(raw: &RawConfig, errors: &mut ConfigErrors) -> Option<RedisSettings> {
    let authority = errors.or(None, authority(raw.redis_ca_file.as_deref()));
    let url = errors.or(None, secret(NAME, raw.redis_url.as_deref(), raw.redis_url_file.as_deref()))?;
    let mut settings = errors.keep(settings(&url).map_err(|why| ConfigError::new(NAME, why)))?;
    match (&mut settings.tls, authority) {
        (Some(tls), authority) => tls.authority = authority,
        (None, None) => {}
        (None, Some(_)) => {
            let message = format!("it is for rediss:, and {NAME} begins with redis:; mend that, or unset it");
            errors.keep::<()>(Err(ConfigError::new(AUTHORITY, message)));
        }
    }
    Some(settings)
}

/// What works but is probably a mistake.
pub(super) fn warnings(raw: &RawConfig, env: AppEnv, redis: Option<&RedisSettings>) -> Vec<String> {
    let Some(redis) = redis.filter(|_| env == AppEnv::Production) else { return Vec::new() };
    let remote = redis.nodes.iter().find(|node| !is_loopback(&node.host));
    let plain = remote.filter(|_| redis.tls.is_none()).map(|node| {
        format!(
            "{NAME}: the way to {} is not encrypted, and the password for Redis and word of who changed go over it; \
             write rediss:",
            node.host
        )
    });
    plain.into_iter().chain(readable_by_others(NAME, raw.redis_url_file.as_deref())).collect()
}

fn settings(url: &str) -> Result<RedisSettings, String> {
    let unreadable = || format!("it cannot be read; {EXAMPLE}");
    let (scheme, rest) = url.split_once("://").ok_or_else(unreadable)?;
    let (tls, cluster) = match &*scheme.to_ascii_lowercase() {
        "redis" | "valkey" => (false, false),
        "rediss" | "valkeys" => (true, false),
        "redis+cluster" | "valkey+cluster" => (false, true),
        "rediss+cluster" | "valkeys+cluster" => (true, true),
        // What stands there could be a part of a password.
        _ => return Err(format!("it begins with neither redis:, rediss: nor redis+cluster:; {EXAMPLE}")),
    };
    if rest.contains(['#', '?']) {
        return Err(format!(
            "nothing may follow the number of the database; in a user name or a password write %23 for # and %3F for ?; \
             {EXAMPLE}"
        ));
    }
    let (place, database) = rest.split_once('/').unwrap_or((rest, ""));
    if database.contains(['/', '@']) {
        return Err(format!(
            "there is a / where none belongs; in a user name or a password write %2F for it; {EXAMPLE}"
        ));
    }
    let database = match database {
        "" => 0,
        number => number.parse().map_err(|_| {
            format!("behind the / there must be the number of a database, such as 0; {EXAMPLE}")
        })?,
    };
    if cluster && database != 0 {
        return Err("a cluster has the database 0 alone; take the number out".to_owned());
    }
    let (user, places) = place.rsplit_once('@').map_or((None, place), |(user, place)| (Some(user), place));
    let (user, password) = user.map_or(Some((None, None)), credentials).ok_or_else(unreadable_credentials)?;
    let nodes: Option<Vec<_>> = places.split(',').map(node).collect();
    let nodes = nodes.ok_or_else(unreadable)?;
    if nodes.len() > 1 && !cluster {
        return Err(format!(
            "it names several hosts: write {scheme}+cluster: if they are a cluster, else name the one that is written to"
        ));
    }
    let first = &nodes[0];
    let settings = RedisSettings::at(first.host.clone(), first.port);
    Ok(RedisSettings {
        nodes,
        cluster,
        tls: tls.then(RedisTls::default),
        user,
        password,
        database,
        ..settings
    })
}

fn node(place: &str) -> Option<RedisNode> {
    let (host, port) = host(place)?;
    Some(RedisNode { host: host.to_owned(), port: port.unwrap_or(PORT) })
}

fn unreadable_credentials() -> String {
    format!(
        "before the @ there must be a colon and a password, with a user name before them or none; {EXAMPLE}"
    )
}

/// The user, if one is named, and the password.
fn credentials(text: &str) -> Option<(Option<String>, Option<String>)> {
    let (user, password) = text.split_once(':')?;
    let (user, password) = (percent_decoded(user)?, percent_decoded(password)?);
    let whole = |text: &String| !text.contains(char::is_control);
    let fit = !password.is_empty() && whole(&user) && whole(&password);
    fit.then(|| (Some(user).filter(|user| !user.is_empty()), Some(password)))
}

/// The certificates of `REDIS_CA_FILE`.
fn authority(path: Option<&str>) -> Result<Option<String>, ConfigError> {
    let Some(path) = filled(path) else { return Ok(None) };
    let refuse = |why: String| ConfigError::new(AUTHORITY, format!("{path} {why}"));
    let pem = std::fs::read_to_string(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    let holds = pem.contains("-----BEGIN CERTIFICATE-----") && Certificate::from_pem(pem.as_bytes()).is_ok();
    if holds { Ok(Some(pem)) } else { Err(refuse("holds no certificate in PEM".to_owned())) }
}
