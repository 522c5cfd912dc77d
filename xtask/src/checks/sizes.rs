//! No file is too long to read, and no folder holds too many files. (Clippy's `too_many_lines` checks functions.)

use super::source::listed;
use crate::paths;
use crate::steps::step;
use anyhow::{Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

const MOST_LINES: usize = 500;
const KINDS: &[&str] = &["*.rs", "*.ts", "*.css", "*.py", "*.mjs"];
const MOST_FILES: usize = 20;
/// Their files are found by name, and nobody reads them side by side.
const ASIDE: &[&str] = &[".sqlx", "faults", "docs/images", "migrations"];

pub(crate) fn check() -> Result<()> {
    step("Length of files, and folders", |step| {
        let (count, mut wrong) = long_files(paths::root())?;
        wrong.extend(full_folders(paths::root())?);
        if !wrong.is_empty() {
            bail!("{}", wrong.join("\n"));
        }
        step.detail(format!("{count} files"));
        Ok(())
    })
}

/// How many files there are in a tree, and those that are too long.
pub(crate) fn long_files(tree: &Path) -> Result<(usize, Vec<String>)> {
    let (mut count, mut long) = (0, Vec::new());
    for kind in KINDS {
        for name in listed(tree, kind)? {
            count += 1;
            let lines = fs::read_to_string(tree.join(&name))?.lines().count();
            if lines > MOST_LINES {
                long.push(format!("{name} has {lines} lines: {MOST_LINES} is the most"));
            }
        }
    }
    Ok((count, long))
}

/// The folders of a tree that hold too many files.
pub(crate) fn full_folders(tree: &Path) -> Result<Vec<String>> {
    let mut folders: BTreeMap<String, usize> = BTreeMap::new();
    for name in listed(tree, "*")? {
        let folder = name.rsplit_once('/').map_or("", |(folder, _)| folder);
        *folders.entry(folder.to_owned()).or_default() += 1;
    }
    let full = |(folder, count): &(String, usize)| *count > MOST_FILES && !ASIDE.contains(&folder.as_str());
    let tell = |(folder, count)| format!("{folder} has {count} files: {MOST_FILES} is the most");
    Ok(folders.into_iter().filter(full).map(tell).collect())
}
