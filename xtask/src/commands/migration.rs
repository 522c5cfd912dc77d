//! `cargo xtask migration NAME`: a new file in `migrations/`, after all others.

use crate::{paths, process, steps};
use anyhow::{Result, bail};
use std::fs;
use std::process::{Command, ExitCode};

pub(crate) fn run(name: &str) -> Result<ExitCode> {
    if !good(name) {
        bail!(
            "`{name}` is no name for a migration: a-z, 0-9 and _, beginning with a letter, such as add_pronouns"
        );
    }
    let now = process::output(Command::new("date").args(["-u", "+%Y%m%d%H%M%S"]))?;
    let path = paths::root().join("migrations").join(format!("{}_{name}.sql", now.trim()));
    fs::write(&path, "-- Applied once and never edited again: the next change is the next file.\n")?;
    steps::say(&format!("Write it in {}, then run `cargo xtask generate`.", path.display()));
    Ok(ExitCode::SUCCESS)
}

fn good(name: &str) -> bool {
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
