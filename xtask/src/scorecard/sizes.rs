//! Sizes of files, functions and folders.

use super::Row;
use crate::checks::functions::functions;
use crate::checks::sizes;
use crate::checks::source::{Source, listed};
use anyhow::Result;
use std::fs;
use std::path::Path;

const MOST_LINES: usize = 60;

pub(super) fn rows(tree: &Path, sources: &[Source]) -> Result<Vec<Row>> {
    let long = |source: &Source| {
        let of_source = functions(source).into_iter().filter(|function| function.lines > MOST_LINES);
        let tell = |function: &crate::checks::functions::Function| {
            format!("{}:{} {}: {} lines", source.name, function.line, function.name, function.lines)
        };
        of_source.map(|function| tell(&function)).collect::<Vec<_>>()
    };
    let (allowed, expected) = (attributes(tree, "allow")?, attributes(tree, "expect")?);
    Ok(vec![
        Row::counted("files over 500 lines", "0", sizes::long_files(tree)?.1),
        Row::counted("functions over 60 lines", "0", sources.iter().flat_map(long).collect()),
        Row::counted("folders of more than 20 files", "0", sizes::full_folders(tree)?),
        Row::counted("`#[allow]`", "0", allowed),
        Row::new("`#[expect]`, with its reason", "few", expected.len().to_string()),
    ])
}

/// The lines that begin with an attribute for a lint.
fn attributes(tree: &Path, name: &str) -> Result<Vec<String>> {
    let mut found = Vec::new();
    for file in listed(tree, "*.rs")? {
        let text = fs::read_to_string(tree.join(&file))?;
        let begins =
            |line: &str| ["#[", "#!["].iter().any(|open| line.trim().starts_with(&format!("{open}{name}(")));
        let lines = text.lines().enumerate().filter(|(_, line)| begins(line));
        found.extend(lines.map(|(at, line)| format!("{file}:{}: {}", at + 1, line.trim())));
    }
    Ok(found)
}
