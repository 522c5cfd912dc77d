//! `cargo xtask migration NAME`: a new file in `migrations/`, after all others.

use crate::{paths, process, steps};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::{Command, ExitCode};

pub(crate) fn run(name: &str) -> Result<ExitCode> {
    if !good(name) {
        bail!(
            "`{name}` is no name for a migration: a-z, 0-9 and _, beginning with a letter, such as add_pronouns"
        );
    }
    let folder = paths::root().join("migrations");
    let path = folder.join(format!("{}_{name}.sql", next(&folder)?));
    fs::write(&path, "-- Applied once and never edited again: the next change is the next file.\n")?;
    steps::say(&format!("Write it in {}, then run `cargo xtask generate`.", path.display()));
    Ok(ExitCode::SUCCESS)
}

/// A version after all others: the time, or one more than the newest version where that is ahead of the time.
pub(crate) fn next(folder: &Path) -> Result<String> {
    let now = process::output(Command::new("date").args(["-u", "+%Y%m%d%H%M%S"]))?;
    let mut newest = now.trim().parse::<u64>().context("date tells no time")?;
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        let version =
            name.to_string_lossy().split('_').next().and_then(|version| version.parse::<u64>().ok());
        newest = newest.max(version.unwrap_or_default() + 1);
    }
    Ok(newest.to_string())
}

pub(crate) fn good(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.len() <= 60
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stay_inside_the_folder() {
        assert!(good("add_pronouns2"));
        for bad in ["", "../x", "Add", "1st", "a b", "a-b", "ä", &"a".repeat(61)] {
            assert!(!good(bad), "{bad}");
        }
    }
}
