//! Do the documents quote the code as it is?
//!
//! A Rust block below a heading, or a line about a test, that names files in backticks must be in one of those files.
//! `…` in a block leaves something out, and a comment at the end of a line belongs to the document. White space does
//! not count.

use super::source::listed;
use crate::paths;
use crate::steps::step;
use anyhow::{Result, bail};
use std::fs;
use std::path::Path;

pub(crate) fn check() -> Result<()> {
    step("Code in the documents", |step| {
        let (mut count, mut wrong) = (0, Vec::new());
        for name in listed(paths::root(), "docs/*.md")? {
            for quote in quotes(&fs::read_to_string(paths::root().join(&name))?) {
                let read = |file: &String| fs::read_to_string(paths::root().join(file)).unwrap_or_default();
                let sources: Vec<String> = quote.files.iter().map(|file| squeezed(&read(file))).collect();
                for piece in &quote.pieces {
                    count += 1;
                    if !sources.iter().any(|source| source.contains(&squeezed(piece))) {
                        wrong.push(format!(
                            "{name} quotes this, which is not in {}:\n{piece}",
                            quote.files.join(", ")
                        ));
                    }
                }
            }
        }
        if !wrong.is_empty() {
            bail!("{}", wrong.join("\n"));
        }
        step.detail(format!("{count} pieces"));
        Ok(())
    })
}

struct Quote {
    files: Vec<String>,
    pieces: Vec<String>,
}

/// The Rust blocks below a heading with files, as the pieces between what they leave out.
fn quotes(text: &str) -> Vec<Quote> {
    let (mut found, mut files, mut block) = (Vec::new(), Vec::new(), None::<Vec<&str>>);
    for line in text.lines() {
        match &mut block {
            Some(_) if line == "```" => {
                let pieces = pieces(&block.take().unwrap_or_default());
                if !files.is_empty() && !pieces.is_empty() {
                    found.push(Quote { files: files.clone(), pieces });
                }
            }
            Some(code) => code.push(line),
            None if line == "```rust" => block = Some(Vec::new()),
            None if line.starts_with('#') => files = named_files(line),
            None if line.starts_with("**Test**") => files = named_files(line),
            None => {}
        }
    }
    found
}

/// The `.rs` files that a heading names; a bare name is in the folder of the one before it.
fn named_files(heading: &str) -> Vec<String> {
    let mut folder = "";
    let names = heading
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|name| Path::new(name).extension().is_some_and(|kind| kind == "rs"));
    names
        .map(|name| {
            if let Some((before, _)) = name.rsplit_once('/') {
                folder = before;
                name.to_owned()
            } else {
                format!("{folder}/{name}")
            }
        })
        .collect()
}

/// A piece ends at a line's end as well, without its comma: a document may leave whole lines out between two that it
/// quotes.
fn pieces(code: &[&str]) -> Vec<String> {
    let lines = code.iter().filter_map(|line| line.split(" //").next());
    lines
        .flat_map(|line| line.split('…'))
        .map(|piece| piece.trim().trim_end_matches(',').to_owned())
        .filter(|piece| piece.len() > 3)
        .collect()
}

/// Without white space, and without the comma that a list over several lines ends with.
fn squeezed(code: &str) -> String {
    let bare: String = code.chars().filter(|c| !c.is_whitespace()).collect();
    bare.replace(",)", ")")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quote_belongs_to_the_files_of_its_heading() {
        let text = "## 2. Queries: `a/b.rs`, `c.rs`\n\n```rust\nfn one(x: u8) { … }  // own\n```\n## Other\n```rust\nfn two()\n```\n";
        let found = quotes(text);
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].files, ["a/b.rs", "a/c.rs"]);
        assert_eq!(found[0].pieces, ["fn one(x: u8) {"]);
    }

    #[test]
    fn how_a_signature_is_broken_does_not_count() {
        assert!(squeezed("pub fn f(\n    a: u8,\n) -> u8 {").contains(&squeezed("pub fn f(a: u8) -> u8")));
        assert!(!squeezed("pub fn f(a: u16)").contains(&squeezed("pub fn f(a: u8)")));
    }
}
