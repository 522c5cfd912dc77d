//! A variable's text as a value.

use super::error::ConfigError;
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// An empty variable counts as unset: compose files and shells often leave one.
pub(super) fn filled(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

pub(super) fn number<T>(
    variable: &'static str,
    text: Option<&str>,
    default: T,
    range: RangeInclusive<T>,
) -> Result<T, ConfigError>
where
    T: FromStr + PartialOrd + Display,
{
    let Some(text) = filled(text) else { return Ok(default) };
    text.parse().ok().filter(|number| range.contains(number)).ok_or_else(|| {
        let message =
            format!("\"{text}\" does not fit; set it to a number from {} to {}", range.start(), range.end());
        ConfigError::new(variable, message)
    })
}

pub(super) fn switch(variable: &'static str, text: Option<&str>) -> Result<Option<bool>, ConfigError> {
    let Some(text) = filled(text) else { return Ok(None) };
    let message = format!("\"{text}\" is unknown; set it to true or false");
    text.parse().map(Some).map_err(|_| ConfigError::new(variable, message))
}

/// The host without its brackets, and the port.
pub(super) fn host(place: &str) -> Option<(&str, Option<u16>)> {
    let (host, port) = match place.strip_prefix('[') {
        Some(rest) => rest.split_once(']').filter(|(host, _)| host.parse::<std::net::Ipv6Addr>().is_ok())?,
        None => place.split_at(place.find(':').unwrap_or(place.len())),
    };
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte);
    let port = match port {
        "" => None,
        port => Some(port.strip_prefix(':')?.parse().ok().filter(|port| *port != 0)?),
    };
    (!host.is_empty() && host.bytes().all(plain)).then_some((host, port))
}

/// Without its percent signs, as an address spells a user name or a password.
pub(super) fn percent_decoded(text: &str) -> Option<String> {
    let mut parts = text.split('%');
    let mut bytes = parts.next()?.as_bytes().to_vec();
    for part in parts {
        let digits = part.get(..2).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
        bytes.push(u8::from_str_radix(digits, 16).ok()?);
        bytes.extend_from_slice(&part.as_bytes()[2..]);
    }
    String::from_utf8(bytes).ok()
}
