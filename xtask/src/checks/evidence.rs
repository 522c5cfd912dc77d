//! What a document names as proof, and whether it is there: tests, files, commands, variables.

use super::source::listed;
use crate::help::HELP;
use crate::paths;
use anyhow::Result;
use std::fs;

/// The tree, as far as documents name parts of it.
#[derive(Default)]
pub(crate) struct Tree {
    pub(crate) files: Vec<String>,
    pub(crate) rust: String,
    pub(crate) browser: String,
}

impl Tree {
    pub(crate) fn read() -> Result<Self> {
        let text = |kind| -> Result<String> {
            let names = listed(paths::root(), kind)?;
            Ok(names.iter().flat_map(|name| fs::read_to_string(paths::root().join(name))).collect())
        };
        Ok(Self { files: listed(paths::root(), "*")?, rust: text("*.rs")?, browser: text("end2end/*.ts")? })
    }

    fn has_test(&self, name: &str) -> bool {
        self.rust.contains(&format!("fn {name}("))
    }

    /// Whether a test runs only where it is asked for.
    fn is_ignored(&self, name: &str) -> bool {
        let Some(at) = self.rust.find(&format!("fn {name}(")) else { return false };
        let head = self.rust[..at].rsplit("\n\n").next().unwrap_or_default();
        head.contains("#[ignore")
    }

    fn has_file(&self, name: &str) -> bool {
        let folder = format!("{}/", name.trim_end_matches('/'));
        self.files.iter().any(|file| file == name || file.starts_with(&folder))
    }

    /// What a cell names and is not there. The second is how much it names that is.
    pub(crate) fn missing(&self, cell: &str) -> (Vec<String>, usize) {
        let (mut wrong, mut there) = (Vec::new(), 0);
        let mut judge = |what: &str, name: &str, is_there: bool| {
            if is_there {
                there += 1;
            } else {
                wrong.push(format!("the {what} {name}, which is not there"));
            }
        };
        for word in quoted(cell, '`') {
            match kind(word) {
                Kind::Test => judge("test", word, self.has_test(word)),
                Kind::File => judge("file", word, self.has_file(word)),
                Kind::Command(name) => judge("command", word, is_command(name)),
                Kind::Variable(name) => judge("variable", name, self.rust.contains(&format!("\"{name}\""))),
                Kind::Word => {}
            }
        }
        for title in quoted(cell, '"').filter(|_| cell.contains("browser")) {
            // A heading of a document is quoted like a browser test's title.
            if self.browser.contains(title) {
                there += 1;
            }
        }
        (wrong, there)
    }

    /// The ignored tests among those that a cell names.
    pub(crate) fn ignored<'a>(&'a self, cell: &'a str) -> impl Iterator<Item = &'a str> {
        named_tests(cell).filter(|name| self.is_ignored(name))
    }
}

/// Files that documents name without a folder.
const ROOT: &[&str] =
    &["Cargo.toml", "Cargo.lock", "clippy.toml", "deny.toml", "SECURITY.md", "README.md", ".env.example"];

enum Kind<'a> {
    Test,
    File,
    Command(&'a str),
    Variable(&'a str),
    Word,
}

fn kind(word: &str) -> Kind<'_> {
    let ends =
        [".md", ".rs", ".ts", ".sh", ".py", ".toml", ".json", ".yaml", ".conf", ".cfg", ".service", "/"];
    if let Some(name) = word.strip_prefix("cargo xtask ").and_then(|rest| rest.split(' ').next()) {
        return Kind::Command(name);
    }
    let in_root = ROOT.contains(&word);
    if in_root || word.contains('/') && !word.contains(' ') && ends.iter().any(|end| word.ends_with(end)) {
        return Kind::File;
    }
    if let Some((name, _)) = word.split_once('=').filter(|(name, _)| is_variable(name)) {
        return Kind::Variable(name);
    }
    if is_test(word) { Kind::Test } else { Kind::Word }
}

fn is_variable(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
}

/// A word that is long enough to be a test's name.
fn is_test(word: &str) -> bool {
    word.len() > 11 && word.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
}

pub(crate) fn is_command(name: &str) -> bool {
    HELP.lines().filter_map(|line| line.strip_prefix("  ")).any(|line| line.split(' ').next() == Some(name))
}

/// The tests that a text names in backticks.
pub(crate) fn named_tests(text: &str) -> impl Iterator<Item = &str> {
    quoted(text, '`').filter(|word| is_test(word))
}

pub(crate) fn quoted(text: &str, mark: char) -> impl Iterator<Item = &str> {
    text.split(mark).skip(1).step_by(2)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A tree with one test that runs, one that is ignored, and one of a browser.
    pub(crate) fn tree() -> Tree {
        Tree {
            files: vec!["deploy/trial.py".into()],
            rust: "#[test]\nfn nobody_gets_in() {}\n\n#[test]\n#[ignore = \"long\"]\nfn nobody_gets_in_for_hours() \
                   { var(\"P4_ROUNDS\") }\n"
                .into(),
            browser: "test('signs in', () => {})".into(),
        }
    }

    #[test]
    fn what_is_there_is_counted_and_what_is_not_is_named() {
        let there =
            "`cargo xtask test`: `nobody_gets_in`, `P4_ROUNDS=5`, `deploy/trial.py`; browser \"signs in\"";
        assert_eq!(tree().missing(there), (vec![], 5));
        let missing = "`cargo xtask dance`: `everybody_gets_in`, `P5_ROUNDS=5`, `deploy/play.py`";
        assert_eq!(tree().missing(missing).0.len(), 4);
        assert_eq!(tree().missing("`safe_next`, a word"), (vec![], 0));
    }

    #[test]
    fn ignored_tests_are_told_apart() {
        let cell = "`nobody_gets_in`, `nobody_gets_in_for_hours`";
        assert_eq!(tree().ignored(cell).collect::<Vec<_>>(), ["nobody_gets_in_for_hours"]);
    }

    #[test]
    fn names_of_tests_are_found() {
        let text = "`safe_next` and `no_nonce_comes_twice`, `server/tests/it/web`";
        assert_eq!(named_tests(text).collect::<Vec<_>>(), ["no_nonce_comes_twice"]);
    }
}
