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
