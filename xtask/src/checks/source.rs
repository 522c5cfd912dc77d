//! Rust sources as text: what is code in them, and what is a comment or a literal.

use crate::process;
use anyhow::{Context, Result};
use std::fs;
use std::ops::Range;
use std::path::Path;

/// A file, and its text with blanks for comments, literals and tests, at the same byte positions.
pub(crate) struct Source {
    /// From the root of the tree.
    pub(crate) name: String,
    pub(crate) text: String,
    pub(crate) code: String,
    /// Where string literals stand, their quotes left out.
    pub(crate) strings: Vec<Range<usize>>,
    /// Files that are compiled for tests alone.
    pub(crate) tests: Vec<String>,
}

impl Source {
    /// The sources of our crates as they stand in a tree, without what is compiled for tests alone.
    pub(crate) fn of_product(tree: &Path) -> Result<Vec<Self>> {
        const OTHERS: &[&str] = &["bench/", "fuzz/", "crates/testkit/"];
        let names = listed(tree, "*.rs")?;
        let ours =
            |name: &&String| name.contains("/src/") && !OTHERS.iter().any(|other| name.starts_with(other));
        let mut sources: Vec<Self> =
            names.iter().filter(ours).map(|name| Self::read(tree, name)).collect::<Result<_>>()?;
        let tests: Vec<String> = sources.iter().flat_map(|source| source.tests.clone()).collect();
        let of_tests = |name: &str| {
            tests
                .iter()
                .any(|test| name == test || name.starts_with(&format!("{}/", test.trim_end_matches(".rs"))))
        };
        sources.retain(|source| !of_tests(&source.name));
        Ok(sources)
    }

    pub(crate) fn read(tree: &Path, name: &str) -> Result<Self> {
        let text = fs::read_to_string(tree.join(name)).with_context(|| format!("{name} cannot be read"))?;
        Ok(Self::new(name, text))
    }

    pub(crate) fn new(name: &str, text: String) -> Self {
        let (mut code, mut strings) = masked(&text);
        let mut files = Vec::new();
        for test in tests(&code) {
            files.extend(test_file(name, &text[test.clone()]));
            strings.retain(|string| !test.contains(&string.start));
            blank(&mut code, test);
        }
        let code = String::from_utf8_lossy(&code).into_owned();
        Self { name: name.to_owned(), text, code, strings, tests: files }
    }

    /// The line that a byte is on, from 1.
    pub(crate) fn line(&self, at: usize) -> usize {
        self.text[..at].matches('\n').count() + 1
    }

    /// The text of a line.
    pub(crate) fn line_text(&self, number: usize) -> &str {
        self.text.lines().nth(number - 1).unwrap_or_default().trim()
    }

    /// Each place of a word, not as a part of a longer one.
    pub(crate) fn words<'a>(&'a self, word: &'a str) -> impl Iterator<Item = usize> + 'a {
        let bytes = self.code.as_bytes();
        self.code.match_indices(word).map(|(at, _)| at).filter(move |at| {
            let after = bytes.get(at + word.len()).copied().unwrap_or(b' ');
            (*at == 0 || !in_name(bytes[at - 1])) && !in_name(after)
        })
    }
}

/// The existing files of a tree that git tracks or does not ignore.
pub(crate) fn listed(tree: &Path, kind: &str) -> Result<Vec<String>> {
    let mut list = process::program("git");
    list.args(["ls-files", "--cached", "--others", "--exclude-standard", "--", kind]).current_dir(tree);
    let names = process::output(&mut list)?;
    // A file that was deleted but not yet committed is still listed.
    let there = names.lines().filter(|name| tree.join(name).exists());
    Ok(there.map(str::to_owned).collect())
}

pub(crate) fn in_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The name that begins here.
pub(crate) fn name_at(code: &str, at: usize) -> &str {
    let length = code.as_bytes()[at..].iter().take_while(|byte| in_name(**byte)).count();
    &code[at..at + length]
}

/// Where the bracket that opens at `open` closes.
pub(crate) fn closing(code: &[u8], open: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 {
            return at;
        }
    }
    code.len()
}

/// The code without comments and literals, and where its strings were.
fn masked(text: &str) -> (Vec<u8>, Vec<Range<usize>>) {
    let bytes = text.as_bytes();
    let (mut code, mut strings, mut at) = (bytes.to_vec(), Vec::new(), 0);
    while at < bytes.len() {
        let rest = &text[at..];
        if rest.starts_with("//") {
            let end = at + rest.find('\n').unwrap_or(rest.len());
            blank(&mut code, at..end);
            at = end;
        } else if rest.starts_with("/*") {
            let end = at + comment(rest.as_bytes());
            blank(&mut code, at..end);
            at = end;
        } else if let Some((open, length)) = string(bytes, at) {
            strings.push(at + open..at + length - (open - 1).max(1));
            blank(&mut code, at..at + length);
            at += length;
        } else {
            let length = if rest.starts_with('\'') { character(rest) } else { 0 };
            blank(&mut code, at..at + length);
            at += length.max(rest.chars().next().map_or(1, char::len_utf8));
        }
    }
    (code, strings)
}

fn blank(code: &mut [u8], range: Range<usize>) {
    code[range].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
}

/// The length of a comment, with those inside it.
fn comment(rest: &[u8]) -> usize {
    let (mut depth, mut at) = (0, 0);
    while at < rest.len() {
        match &rest[at..] {
            [b'/', b'*', ..] => depth += 1,
            [b'*', b'/', ..] => depth -= 1,
            _ => {
                at += 1;
                continue;
            }
        }
        at += 2;
        if depth == 0 {
            break;
        }
    }
    at.min(rest.len())
}

/// The lengths of the opening quote and of the whole literal, if a string begins here.
fn string(bytes: &[u8], at: usize) -> Option<(usize, usize)> {
    let rest = &bytes[at..];
    if rest[0] == b'"' {
        let mut end = 1;
        while end < rest.len() && rest[end] != b'"' {
            end += if rest[end] == b'\\' { 2 } else { 1 };
        }
        return Some((1, (end + 1).min(rest.len())));
    }
    let prefixed = at > 0 && in_name(bytes[at - 1]) && !matches!(bytes[at - 1], b'b' | b'c');
    let hashes = rest.iter().skip(1).take_while(|byte| **byte == b'#').count();
    if rest[0] != b'r' || prefixed || rest.get(1 + hashes) != Some(&b'"') {
        return None;
    }
    let open = hashes + 2;
    let mut end = vec![b'"'];
    end.resize(hashes + 1, b'#');
    let found = rest[open..].windows(end.len()).position(|bytes| bytes == end);
    Some((open, found.map_or(rest.len(), |found| open + found + end.len())))
}

/// The length of a character literal; none for a lifetime.
fn character(rest: &str) -> usize {
    let mut inside = rest[1..].chars();
    match inside.next() {
        Some('\\') => rest.get(3..).and_then(|rest| rest.find('\'')).map_or(0, |end| end + 4),
        Some(c) if inside.next() == Some('\'') => c.len_utf8() + 2,
        _ => 0,
    }
}

/// What stands behind `#[cfg(test)]`: up to its brace's end, or to its semicolon.
fn tests(code: &[u8]) -> Vec<Range<usize>> {
    let marker = b"#[cfg(test)]";
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(next) = code[at..].windows(marker.len()).position(|bytes| bytes == marker) {
        let begin = at + next;
        let mut end = begin + marker.len();
        while end < code.len() && !matches!(code[end], b'{' | b';') {
            end = if matches!(code[end], b'(' | b'[') { closing(code, end) + 1 } else { end + 1 };
        }
        if code.get(end) == Some(&b'{') {
            end = closing(code, end);
        }
        at = (end + 1).min(code.len());
        found.push(begin..at);
    }
    found
}

/// The file of a module that is declared for tests alone.
fn test_file(declared_in: &str, item: &str) -> Option<String> {
    let (folder, file) = declared_in.rsplit_once('/').unwrap_or(("", declared_in));
    if let Some((_, path)) = item.split_once("#[path = \"") {
        return Some(format!("{folder}/{}", path.split('"').next()?));
    }
    let module = item.strip_suffix(';')?.rsplit_once("mod ")?.1;
    match file {
        "lib.rs" | "main.rs" | "mod.rs" => Some(format!("{folder}/{module}.rs")),
        _ => Some(format!("{}/{module}.rs", declared_in.trim_end_matches(".rs"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        Source::new("a.rs", text.to_owned()).code
    }

    #[test]
    fn comments_and_literals_are_blank() {
        let text = "a /* b /* c */ d */ e // f\ng \"h // \\\" i\" j r#\"k \" l\"# m 'n' '\\'' o<'p> b\"q\" ä";
        let words = code(text);
        assert_eq!(words.len(), text.len());
        assert_eq!(
            words.split_whitespace().collect::<Vec<_>>(),
            ["a", "e", "g", "j", "m", "o<'p>", "b", "ä"]
        );
    }

    #[test]
    fn strings_are_found_without_their_quotes() {
        let source = Source::new("a.rs", "f(\"one\", r#\"two\"#)".to_owned());
        let strings: Vec<&str> = source.strings.iter().map(|range| &source.text[range.clone()]).collect();
        assert_eq!(strings, ["one", "two"]);
    }

    #[test]
    fn tests_are_blank() {
        let text = "use a;\n#[cfg(test)]\n#[path = \"x.rs\"]\nmod tests;\nfn f() {}\n#[cfg(test)]\nmod t {\n    fn g() {}\n}\nfn h() {}\n";
        let words = code(text);
        assert!(words.contains("use a;") && words.contains("fn f()") && words.contains("fn h()"));
        assert!(!words.contains("mod") && !words.contains("fn g"));
    }

    #[test]
    fn files_of_tests_are_known() {
        let tests = |name: &str, text: &str| Source::new(name, format!("#[cfg(test)]\n{text}")).tests;
        assert_eq!(tests("a/mod.rs", "mod tests;"), ["a/tests.rs"]);
        assert_eq!(tests("a/b.rs", "mod tests;"), ["a/b/tests.rs"]);
        assert_eq!(tests("a/b.rs", "#[path = \"b_tests.rs\"]\nmod tests;"), ["a/b_tests.rs"]);
        assert!(tests("a/b.rs", "mod tests { }").is_empty());
    }
}
