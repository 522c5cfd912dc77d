//! A `match` over an error of ours names every variant, so that a new one cannot be swallowed.

use super::Row;
use crate::checks::source::{Source, closing, name_at};
use std::collections::BTreeSet;

pub(super) fn row(sources: &[Source]) -> Row {
    let errors: BTreeSet<&str> = sources.iter().flat_map(errors).collect();
    let places = sources.iter().flat_map(|source| swallowing(source, &errors)).collect();
    Row::counted("`_ =>` over errors of ours", "0", places)
}

/// The enums that are errors by their name.
fn errors(source: &Source) -> Vec<&str> {
    let names = source.words("enum").map(|at| name_at(&source.code, at + 5));
    names
        .filter(|name| name.ends_with("Error") || name.ends_with("Problem") || name.ends_with("Fault"))
        .collect()
}

fn swallowing(source: &Source, errors: &BTreeSet<&str>) -> Vec<String> {
    let code = source.code.as_str();
    let mut found = Vec::new();
    for at in source.words("match") {
        let Some(open) = code[at..].find('{').map(|open| at + open) else { continue };
        let patterns = patterns(&code[open + 1..closing(code.as_bytes(), open)]);
        let own = implemented(code, at).is_some_and(|name| errors.contains(name));
        let names_error = |pattern: &&str| {
            pattern.split("::").any(|part| {
                let name = part.rsplit(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or_default();
                errors.contains(name) || (own && name == "Self")
            }) && pattern.contains("::")
                && !foreign(pattern)
        };
        if patterns.iter().any(names_error)
            && let Some(any) = patterns.iter().find(|pattern| takes_all(pattern))
        {
            let line = source.line(at);
            found.push(format!("{}:{line}: {} … {any}", source.name, source.line_text(line)));
        }
    }
    found
}

/// The type whose `impl` a place is in.
fn implemented(code: &str, at: usize) -> Option<&str> {
    let begin = code[..at].rfind("\nimpl")?;
    let head = code[begin..at].split('{').next()?;
    head.split_whitespace().last()
}

/// Whether a pattern takes whatever is left and lets go of it. A name hands it on.
fn takes_all(pattern: &str) -> bool {
    matches!(pattern, "_" | "Err(_)")
}

/// Whether a path leads into a crate of others.
fn foreign(pattern: &str) -> bool {
    const OURS: &[&str] = &["crate", "self", "super", "accounts", "app", "domain", "edge", "store", "words"];
    let first = pattern.trim_start_matches("Err(").split("::").next().unwrap_or_default();
    first.starts_with(|c: char| c.is_ascii_lowercase()) && !OURS.contains(&first)
}

/// The patterns of a `match`, without their guards' arms.
fn patterns(arms: &str) -> Vec<&str> {
    let bytes = arms.as_bytes();
    let (mut found, mut begin, mut at) = (Vec::new(), 0, 0);
    while at < bytes.len() {
        match bytes[at] {
            b'=' if bytes.get(at + 1) == Some(&b'>') => {
                found.push(arms[begin..at].trim());
                at += 2;
                at += arms[at..].len() - arms[at..].trim_start().len();
                // An arm ends with its braces, or at the next comma.
                if bytes.get(at) == Some(&b'{') {
                    at = closing(bytes, at) + 1;
                    at += arms
                        .get(at..)
                        .map_or(0, |rest| rest.len() - rest.trim_start_matches([',', ' ', '\n']).len());
                } else {
                    while at < bytes.len() && bytes[at] != b',' {
                        at = if matches!(bytes[at], b'(' | b'[' | b'{') {
                            closing(bytes, at) + 1
                        } else {
                            at + 1
                        };
                    }
                    at += 1;
                }
                begin = at.min(bytes.len());
            }
            b'(' | b'[' | b'{' => at = closing(bytes, at) + 1,
            _ => at += 1,
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(code: &str) -> usize {
        let source = Source::new("x/src/a.rs", format!("enum AnError {{}}\n{code}"));
        row(&[source]).places.len()
    }

    #[test]
    fn what_would_swallow_a_new_variant_is_told() {
        assert_eq!(places("fn f() { match e { AnError::A { b } => { c(|d| e) } _ => f, } }"), 1);
        assert_eq!(places("fn f() { match e { Err(AnError::A) => g(1, 2), Err(_) => h } }"), 1);
        assert_eq!(places("impl AnError {\n fn f(&self) { match self { Self::A => 1, _ => 2 } } }"), 1);
    }

    #[test]
    fn what_names_every_variant_is_not() {
        assert_eq!(
            places("fn f() { match e { AnError::A => 1, AnError::B(_) | AnError::C { .. } => 2 } }"),
            0
        );
        assert_eq!(places("fn f() { match e { AnError::A => 1, other => g(other) } }"), 0);
        assert_eq!(places("fn f() { match e { driver::AnError::A => 1, _ => 2 } }"), 0);
        assert_eq!(places("fn f() { match x { Some(1) => AnError::A, _ => AnError::B } }"), 0);
    }
}
