//! Secrets: where they come from, who else can read them, and which ones are well known.

use super::error::ConfigError;
use super::value::filled;
use std::path::Path;

/// Fewer different characters than this are a pattern, not a random text.
const MIN_DISTINCT: usize = 12;
/// Words of samples: no random text of their alphabet has one by chance.
const PLACEHOLDERS: [&str; 22] = [
    "secret",
    "change",
    "your-",
    "your_",
    "example",
    "password",
    "insecure",
    "placeholder",
    "replace",
    "default",
    "dummy",
    "sample",
    "fixme",
    "todo",
    "fill-me",
    "fill_me",
    "django",
    "flask",
    "fastapi",
    "development",
    "production",
    "testing",
];
/// Keys that documents print and many have copied: FastAPI's tutorial, Flask's, a UUID; and hashes of the empty text
/// and of "secret".
const PRINTED: [&str; 5] = [
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7",
    "192b9bdd22ab9ed4d12e236c78afcb9a393ec15f71bbf5dc987d54727823bcbf",
    "123e4567-e89b-12d3-a456-426614174000",
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b",
];

pub(super) const OTHERS_READ: &str = "others may read it; make it its owner's alone with `chmod 600`";

/// A secret, from the variable or from the file that a variable of its own names.
pub(crate) fn secret(
    variable: &'static str,
    value: Option<&str>,
    file: Option<&str>,
) -> Result<Option<String>, ConfigError> {
    match (filled(value), filled(file)) {
        (Some(_), Some(_)) => {
            Err(ConfigError::new(variable, format!("set {variable} or {variable}_FILE, not both")))
        }
        (Some(value), None) => Ok(Some(value.to_owned())),
        (None, Some(path)) => from_file(variable, path).map(Some),
        (None, None) => Ok(None),
    }
}

fn from_file(variable: &'static str, path: &str) -> Result<String, ConfigError> {
    let refuse = |why: String| ConfigError::new(variable, format!("{variable}_FILE {path} {why}"));
    let text = std::fs::read_to_string(path).map_err(|error| refuse(format!("cannot be read: {error}")))?;
    match text.trim() {
        "" => Err(refuse("is empty".to_owned())),
        text => Ok(text.to_owned()),
    }
}

/// What such a warning says.
pub(crate) const OTHERS_MAY_READ: &str = "others may read";

/// A warning where anybody but its owner may read the file of a secret.
pub(super) fn readable_by_others(variable: &'static str, path: Option<&str>) -> Option<String> {
    let path = filled(path).filter(|path| others_read(Path::new(path)).is_ok_and(|others| others))?;
    Some(format!("{variable}_FILE: {OTHERS_MAY_READ} {path}; make it its owner's alone with `chmod 600`"))
}

/// Whether anybody but its owner may read a file.
#[cfg(unix)]
pub(super) fn others_read(path: &Path) -> std::io::Result<bool> {
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(path)?.permissions());
    Ok(mode & 0o077 != 0)
}

#[cfg(not(unix))]
pub(super) fn others_read(_: &Path) -> std::io::Result<bool> {
    Ok(false)
}

/// Whether a text that should be random is a sample, a pattern or words.
pub(super) fn is_guessable(secret: &str) -> bool {
    let mut characters: Vec<char> = secret.chars().collect();
    characters.sort_unstable();
    characters.dedup();
    let lower = secret.to_lowercase();
    characters.len() < MIN_DISTINCT
        || PLACEHOLDERS.iter().any(|word| lower.contains(word))
        || PRINTED.contains(&lower.as_str())
        || is_run(secret)
        || reads_like_words(&lower)
        || accounts::is_pattern(secret)
}

/// Whether most characters are neighbours in the alphabet, as in `0123456789abcdef`.
fn is_run(secret: &str) -> bool {
    let steps = secret.as_bytes().windows(2).filter(|pair| pair[0].abs_diff(pair[1]) == 1).count();
    2 * steps > secret.len()
}

/// Words have few digits, many vowels, and hardly a j, q or x; or they stand apart. Of random texts fewer than one in
/// 200 looks like that, and none of hexadecimal digits.
fn reads_like_words(lower: &str) -> bool {
    let count = |is: fn(char) -> bool| lower.chars().filter(|c| is(*c)).count();
    let letters = count(char::is_alphabetic);
    let digits = count(|c| c.is_ascii_digit());
    let vowels = count(|c| "aeiouäöüáéíóúàèâêî".contains(c));
    let rare = count(|c| "jkqvwxz".contains(c));
    let gaps = count(|c| "-_. ".contains(c));
    let all = lower.trim_matches(['<', '>']).chars().count();
    let apart = gaps >= 4 && 16 * digits <= all && letters + digits + gaps == all;
    apart || 8 * digits <= all && 4 * letters >= 3 * all && 4 * vowels >= letters + 4 * rare
}
