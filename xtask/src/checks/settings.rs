//! Does a server know each variable that the samples set for it?

use super::source::listed;
use crate::paths;
use crate::steps::step;
use anyhow::{Result, bail, ensure};
use std::collections::BTreeMap;
use std::fs;

/// What the server reads.
const KNOWN: &str = "server/src/config/raw.rs";
/// Where its variables are set.
const SAMPLES: [&str; 7] = [
    "deploy/*.yaml",
    "deploy/*.service",
    "deploy/*.cfg",
    "deploy/*.sh",
    "deploy/*.tpl",
    "deploy/*.md",
    "compose.yaml",
];
/// Variables of the samples themselves, and of what starts them.
const OTHERS: [&str; 14] = [
    "CREDENTIALS_DIRECTORY",
    "DAC_OVERRIDE",
    "DATABASE_PORT",
    "FRONT_SUBNET",
    "HTTPS_PORT",
    "HTTP_PORT",
    "KEEP_LOGS",
    "MAIL_INTERNAL",
    "MAIL_PORT",
    "METH_GET",
    "NEW_SERVER",
    "ON_ERROR_STOP",
    "PROXY_ADDRESS",
    "VALKEY_SERVER",
];
/// How those of other programs begin: Postgres, the mail catcher, socket families, TLS's cipher suites.
const OTHERS_BEGIN: [&str; 5] = ["PG", "POSTGRES_", "MP_", "AF_", "TLS_"];

pub(crate) fn check() -> Result<()> {
    step("Settings in the samples", |step| {
        let (count, wrong) = judged()?;
        if !wrong.is_empty() {
            bail!("{}", wrong.join("\n"));
        }
        step.detail(format!("{count} names"));
        Ok(())
    })
}

/// How many names there are, and what is wrong.
fn judged() -> Result<(usize, Vec<String>)> {
    let known = fields(&fs::read_to_string(paths::root().join(KNOWN))?);
    ensure!(known.len() > 40, "{KNOWN} has {} settings", known.len());
    let mut named = BTreeMap::new();
    for kind in SAMPLES {
        for file in listed(paths::root(), kind)? {
            for name in names(&fs::read_to_string(paths::root().join(&file))?) {
                named.entry(name).or_insert(file.clone());
            }
        }
    }
    let of_others =
        |name: &str| OTHERS.contains(&name) || OTHERS_BEGIN.iter().any(|begin| name.starts_with(begin));
    let unknown = named.iter().filter(|(name, _)| !known.contains(name) && !of_others(name));
    let wrong = unknown.map(|(name, file)| format!("{file} sets {name}, which no server reads"));
    Ok((named.len(), wrong.collect()))
}

/// The settings' fields, as variables.
fn fields(code: &str) -> Vec<String> {
    let fields = code.lines().filter_map(|line| line.trim().strip_prefix("pub ")?.split_once(": Option<"));
    fields.map(|(name, _)| name.to_uppercase()).collect()
}

/// The names of variables in a text: words of capitals with an underscore, and keys of capitals alone.
fn names(text: &str) -> Vec<String> {
    let capitals = |word: &&str| {
        word.starts_with(|c: char| c.is_ascii_uppercase())
            && word.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let words = text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(capitals);
    let keys =
        text.lines().filter_map(|line| line.split_once(':')).map(|(key, _)| key.trim()).filter(capitals);
    let keys = keys.filter(|key| key.len() > 2);
    words.filter(|word| word.contains('_')).chain(keys).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_reads_what_the_samples_set() {
        let (count, wrong) = judged().unwrap();
        assert!(count > 40 && wrong.is_empty(), "{count}: {wrong:?}");
    }

    #[test]
    fn variables_are_found_and_words_are_not() {
        let text = "  SIGNUP: open\n  BASE_URL=${X_Y:-https}\n# An HTTP proxy: it ends TLS\n  TLS: a";
        assert_eq!(names(text), ["BASE_URL", "X_Y", "SIGNUP", "TLS"]);
        assert_eq!(fields("    pub base_url: Option<String>,\n    pub(super) x: u8,\n"), ["BASE_URL"]);
    }
}
