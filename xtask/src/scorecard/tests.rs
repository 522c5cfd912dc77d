//! How many tests and planted faults there are.

use super::Row;
use crate::checks::source::listed;
use anyhow::Result;
use std::fs;
use std::path::Path;

pub(super) fn rows(tree: &Path) -> Result<[Row; 3]> {
    let ours = lines(tree, "*.rs", |line| {
        line == "#[test]" || line.starts_with("#[tokio::test") || line.starts_with("#[sqlx::test")
    })?;
    let browser = lines(tree, "end2end/tests/*.ts", |line| line.starts_with("test("))?;
    Ok([
        Row::new("tests", "more", ours.to_string()),
        Row::new("browser tests", "more", browser.to_string()),
        Row::new("planted faults", "more", listed(tree, "faults/*.patch")?.len().to_string()),
    ])
}

fn lines(tree: &Path, kind: &str, counts: impl Fn(&str) -> bool) -> Result<usize> {
    let mut count = 0;
    for name in listed(tree, kind)? {
        count += fs::read_to_string(tree.join(name))?.lines().filter(|line| counts(line.trim())).count();
    }
    Ok(count)
}
