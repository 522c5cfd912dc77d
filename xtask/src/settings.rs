//! Settings the developer made: the environment first, then `.env`.

use crate::paths;
use anyhow::{Context, Result};
use std::fs;

pub(crate) fn get(name: &str) -> Option<String> {
    let set = std::env::var(name).ok().or_else(|| {
        let file = fs::read_to_string(paths::root().join(".env")).ok()?;
        from_file(&file, name)
    })?;
    (!set.trim().is_empty()).then_some(set)
}

/// A setting that may also stand in the file that `NAME_FILE` names.
pub(crate) fn secret(name: &str) -> Result<Option<String>> {
    let Some(file) = get(&format!("{name}_FILE")) else { return Ok(get(name)) };
    let text = fs::read_to_string(&file).with_context(|| format!("{name}_FILE: {file} cannot be read"))?;
    Ok(Some(text.trim().to_owned()))
}

fn from_file(file: &str, name: &str) -> Option<String> {
    let line = file.lines().rev().find_map(|line| {
        let line = line.trim();
        line.strip_prefix("export ").unwrap_or(line).strip_prefix(name)?.trim_start().strip_prefix('=')
    })?;
    let value = line.trim();
    for quote in ['"', '\''] {
        if let Some((inner, _)) = value.strip_prefix(quote).and_then(|rest| rest.split_once(quote)) {
            return Some(inner.to_owned());
        }
    }
    Some(value.split(" #").next().unwrap_or(value).trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_a_dotenv_file_is_read() {
        let file = "# DATABASE_URL=no\nDATABASE_URL_OLD=no\nexport DATABASE_URL = \"postgres://a/b#c\" # mine\n\
                    PORT=1 # one\nEMPTY=\n";
        assert_eq!(from_file(file, "DATABASE_URL").as_deref(), Some("postgres://a/b#c"));
        assert_eq!(from_file(file, "PORT").as_deref(), Some("1"));
        assert_eq!(from_file(file, "EMPTY").as_deref(), Some(""));
        assert_eq!(from_file(file, "NONE"), None);
    }
}
