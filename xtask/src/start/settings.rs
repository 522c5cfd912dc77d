//! Settings the developer made: the environment first, then `.env`.

use super::dotenv::{self, Variables};
use crate::paths;
use anyhow::{Context, Result, bail};
use std::fs;

/// Whether `.env` can be read: half of it would be worse than nothing.
pub(crate) fn check() -> Result<()> {
    file().map_or_else(|faults| bail!(".env: {}", faults.join("\n.env: ")), |_| Ok(()))
}

pub(crate) fn get(name: &str) -> Option<String> {
    let of_file = || file().ok()?.into_iter().find(|(known, _)| known == name).map(|(_, value)| value);
    std::env::var(name).ok().or_else(of_file).filter(|value| !value.trim().is_empty())
}

/// A setting that may also stand in the file that `NAME_FILE` names.
pub(crate) fn secret(name: &str) -> Result<Option<String>> {
    let Some(file) = get(&format!("{name}_FILE")) else { return Ok(get(name)) };
    let text = fs::read_to_string(&file).with_context(|| format!("{name}_FILE: {file} cannot be read"))?;
    Ok(Some(text.trim().to_owned()))
}

fn file() -> Result<Variables, Vec<String>> {
    dotenv::read(&paths::root().join(".env"), |name| std::env::var(name).ok())
}
