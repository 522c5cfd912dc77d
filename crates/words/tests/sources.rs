//! No file but `locales/*.toml` holds a sentence that a person reads. The sources are walked for text literals that
//! look like one.
#![expect(clippy::unwrap_used, reason = "these are tests")]

use std::fs;
use std::path::{Path, PathBuf};

/// What is walked.
const WALKED: &[&str] = &[
    "app/src",
    "crates/accounts/src",
    "crates/domain/src",
    "crates/edge/src",
    "crates/words/src",
    "server/src",
];

/// Files and folders with sentences of their own, and why.
const EXEMPT: &[(&str, &str)] = &[
    ("app/src/pages/dev_mail", "pages for developers, in development alone"),
    ("app/src/pages/gallery", "a page for developers, in development alone"),
    ("server/src/cli", "the command line's help, the operator's terminal"),
    ("server/src/config", "the operator's terminal"),
    ("server/src/metrics", "what Prometheus is told of each metric"),
    ("server/src/rest/openapi", "the API document"),
];

/// Texts that look like a sentence or a label and are none, by file.
const NO_SENTENCES: &[(&str, &str, &str)] = &[
    ("app/src/settings.rs", "Doorstep", "the product's name where no other is set"),
    ("crates/words/src/agent.rs", "Samsung Internet", "a browser's name"),
    (
        "crates/accounts/src/credential/key.rs",
        "HS256 needs at least {HS256_MIN_BYTES} bytes",
        "the operator's terminal",
    ),
    ("server/src/rest/sample.rs", "WHAT JSON.stringify MAKES OF THE CREDENTIAL", "the API document"),
    ("crates/accounts/src/credential/spelling.rs", "PBKDF2 that does not say its rounds", "an import's log"),
    (
        "crates/accounts/src/credential/stored.rs",
        "N 2^17, r 32, p 16, 128 MiB, 2^22 blocks in all",
        "an import's log",
    ),
];

/// What is called with a text that only a log, a test or the compiler says.
const UNREAD: &[&str] = &[
    "assert!",
    "assert_eq!",
    "compile_error!",
    "debug!",
    "debug_struct",
    "error!",
    "info!",
    "panic!",
    "trace!",
    "warn!",
    "write_log",
];

#[test]
fn no_sentence_stands_outside_the_files_of_sentences() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let (mut found, mut used) = (Vec::new(), vec![false; EXEMPT.len() + NO_SENTENCES.len()]);
    for folder in WALKED {
        for path in files(&root.join(folder)) {
            let name = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
            let of_kind = |kind| path.extension().is_some_and(|own| own == kind);
            let script = of_kind("js");
            if !script && !of_kind("rs") || name.ends_with("tests.rs") || name.contains("/tests/") {
                continue;
            }
            let exempt = EXEMPT.iter().position(|(prefix, _)| name.starts_with(prefix));
            for (line, text) in literals(&fs::read_to_string(&path).unwrap()) {
                let label = name.starts_with("app/") && !script && is_label(&text);
                if !label && !is_sentence(&text) {
                    continue;
                }
                let known = NO_SENTENCES.iter().position(|(file, known, _)| *file == name && *known == text);
                match exempt.or(known.map(|at| EXEMPT.len() + at)) {
                    Some(at) => used[at] = true,
                    None => found.push(format!("{name}:{line}: {text:?}")),
                }
            }
        }
    }
    assert!(found.is_empty(), "these belong into locales/en.toml:\n{}", found.join("\n"));
    let unused = used.iter().position(|used| !used);
    assert_eq!(unused, None, "an exemption that nothing needs any more: EXEMPT, then NO_SENTENCES");
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(files(&path)) } else { found.push(path) }
    }
    found.sort();
    found
}

/// Two words or more that begin with a capital letter, or three that end as a sentence does.
fn is_sentence(text: &str) -> bool {
    let text = text.trim();
    let of_letters = |word: &&str| {
        let word = word.trim_matches(|c: char| c.is_ascii_punctuation() || c == '…');
        !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || matches!(c, '\'' | '’' | '-'))
    };
    let words = text.split_whitespace().filter(of_letters).count();
    let begins = text.chars().next().is_some_and(char::is_uppercase)
        && text.chars().any(char::is_lowercase)
        && text.contains(' ');
    (begins && words >= 2) || (text.ends_with(['.', '?', '!', '…']) && words >= 3)
}

/// One word that begins with a capital letter, as on a button.
fn is_label(text: &str) -> bool {
    let mut characters = text.trim().trim_end_matches('…').chars();
    characters.next().is_some_and(|first| first.is_ascii_uppercase())
        && characters.next().is_some_and(|second| second.is_ascii_lowercase())
        && characters.all(|c| c.is_ascii_lowercase())
}

/// The text literals of a file with their lines: none of attributes, comments, tests, logs.
fn literals(source: &str) -> Vec<(usize, String)> {
    let source = source.split("#[cfg(test)]\nmod tests {").next().unwrap();
    let mut reader = Reader { rest: source, line: 1, before: String::new(), open: Vec::new(), attribute: 0 };
    let mut found = Vec::new();
    while let Some((line, text)) = reader.next_literal() {
        found.push((line, text));
    }
    found
}

struct Reader<'a> {
    rest: &'a str,
    line: usize,
    /// The code of late, without blanks.
    before: String,
    /// What each bracket that is open was opened for.
    open: Vec<String>,
    /// How many of them belong to an attribute.
    attribute: usize,
}

impl Reader<'_> {
    fn next_literal(&mut self) -> Option<(usize, String)> {
        loop {
            if let Some(text) = self.rest.strip_prefix("//") {
                self.skip(2 + text.find('\n').unwrap_or(text.len()));
            } else if let Some(text) = self.rest.strip_prefix("/*") {
                self.skip(2 + text.find("*/").map_or(text.len(), |end| end + 2));
            } else if let Some(text) = self.literal() {
                let unread = |name: &String| UNREAD.iter().any(|unread| name.ends_with(unread));
                if self.attribute == 0 && !self.open.iter().any(unread) {
                    return Some(text);
                }
            } else {
                let next = self.rest.chars().next()?;
                self.code(next);
                self.skip(next.len_utf8());
            }
        }
    }

    fn code(&mut self, next: char) {
        match next {
            '(' | '[' | '{' => {
                let start = self.before.rfind(|c: char| !c.is_alphanumeric() && !"_!:#".contains(c));
                let name = self.before.split_off(start.map_or(0, |at| at + 1));
                if next == '[' && name.contains('#') || self.attribute > 0 {
                    self.attribute += 1;
                }
                self.open.push(name);
            }
            ')' | ']' | '}' => {
                self.open.pop();
                self.attribute = self.attribute.saturating_sub(1);
            }
            _ => {}
        }
        if !next.is_whitespace() {
            self.before.push(next);
        }
    }

    /// The literal that stands here, if one does.
    fn literal(&mut self) -> Option<(usize, String)> {
        let line = self.line;
        let quote = self.rest.chars().next()?;
        let after_word = self.before.ends_with(|c: char| c.is_alphanumeric() || c == '_');
        if let Some(raw) = self.rest.strip_prefix('r').filter(|_| !after_word) {
            let hashes = raw.len() - raw.trim_start_matches('#').len();
            let text = raw[hashes..].strip_prefix('"')?;
            let end = text.find(&format!("\"{}", "#".repeat(hashes)))?;
            let found = text[..end].to_owned();
            self.skip(1 + hashes + 1 + end + 1 + hashes);
            return Some((line, found));
        }
        if quote == '\'' {
            // A character, or a lifetime.
            let mut characters = self.rest[1..].char_indices();
            let (_, first) = characters.next()?;
            let end = if first == '\\' { self.rest[3..].find('\'')? + 3 } else { characters.next()?.0 + 1 };
            if self.rest[end..].starts_with('\'') {
                self.skip(end + 1);
                return Some((line, String::new()));
            }
            return None;
        }
        if !matches!(quote, '"' | '`') {
            return None;
        }
        let (mut text, mut characters) = (String::new(), self.rest[1..].char_indices());
        while let Some((at, character)) = characters.next() {
            if character == quote {
                self.skip(1 + at + 1);
                // A line that goes on after a backslash.
                return Some((line, text.split_whitespace().collect::<Vec<_>>().join(" ")));
            }
            text.push(if character == '\\' {
                characters.next().map_or(' ', |(_, c)| escaped(c))
            } else {
                character
            });
        }
        None
    }

    fn skip(&mut self, bytes: usize) {
        let (skipped, rest) = self.rest.split_at(bytes);
        self.line += skipped.matches('\n').count();
        self.rest = rest;
    }
}

fn escaped(character: char) -> char {
    if matches!(character, '"' | '\'' | '\\' | '`') { character } else { ' ' }
}

#[test]
fn what_looks_like_a_sentence_is_found_where_it_is_read() {
    let source = r##"
        #[error("Not for people.")] // "A comment, too."
        fn show<'a>(name: &'a str) -> char {
            tracing::error!(name, "The log says this.");
            let (quote, escaped) = ('"', '\'');
            let raw = r#"A raw "text" is read."#;
            say("Enter your name.", format!("{name} is not there."));
            query("SELECT 1"), header("Bearer error=\"x\""), key("sign_in"), "a b"
        }
        #[cfg(test)]
        mod tests {
            const T: &str = "Tests say what they like.";
        }
    "##
    .replace("\n        ", "\n");
    let sentences: Vec<_> = literals(&source).into_iter().filter(|(_, text)| is_sentence(text)).collect();
    let expected = [(6, "A raw \"text\" is read."), (7, "Enter your name."), (7, "{name} is not there.")];
    assert_eq!(sentences, expected.map(|(line, text)| (line, text.to_owned())));
    assert!(is_label("Email") && is_label("Saving…") && !is_label("GET") && !is_label("type"));
    let script = "// It's \"A comment here.\"\nconst words = name => `You are ${name}.`;";
    assert_eq!(literals(script), [(2, "You are ${name}.".to_owned())]);
}
