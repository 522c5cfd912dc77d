//! Has anything changed since the last build? Even an unchanged `cargo leptos build` takes 9 seconds.

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::{Path, PathBuf};

/// Folders that hold nothing a release build reads.
const SKIPPED: &[&str] = &["target", "node_modules", "tests"];

/// A hash over the names and contents of files and folders, and over further words.
pub(crate) fn of_inputs(root: &Path, inputs: &[&str], words: &[String]) -> Result<String> {
    let mut hash = Sha256::new();
    for word in words {
        feed(&mut hash, word.as_bytes());
    }
    for input in inputs {
        for path in files(&root.join(input))? {
            feed(&mut hash, path.strip_prefix(root).unwrap_or(&path).as_os_str().as_encoded_bytes());
            feed(&mut hash, &fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?);
        }
    }
    Ok(crate::paths::hex(&hash.finalize()))
}

/// A hash over the names, sizes and times of what a build made: enough to see that somebody touched it.
pub(crate) fn of_outputs(outputs: &[PathBuf]) -> Result<String> {
    let mut hash = Sha256::new();
    for output in outputs {
        for path in files(output)? {
            let about = fs::metadata(&path)?;
            feed(&mut hash, path.as_os_str().as_encoded_bytes());
            feed(&mut hash, format!("{} {:?}", about.len(), about.modified()?).as_bytes());
        }
    }
    Ok(crate::paths::hex(&hash.finalize()))
}

/// The length goes first, so that no two lists of parts read alike.
fn feed(hash: &mut Sha256, part: &[u8]) {
    hash.update(part.len().to_be_bytes());
    hash.update(part);
}

/// The files below a path that count, in order; none if there is nothing.
pub(crate) fn files(path: &Path) -> Result<Vec<PathBuf>> {
    walk(path, SKIPPED)
}

/// Every file below a path.
pub(crate) fn all_files(path: &Path) -> Result<Vec<PathBuf>> {
    walk(path, &[])
}

fn walk(path: &Path, skipped: &[&str]) -> Result<Vec<PathBuf>> {
    if path.is_file() {
        return Ok(vec![path.to_owned()]);
    }
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let mut entries: Vec<PathBuf> =
        fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    entries.retain(|entry| !skipped.iter().any(|name| entry.ends_with(name)));
    entries.sort();
    let mut found = Vec::new();
    for entry in entries {
        found.extend(walk(&entry, skipped)?);
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("doorstep-stamp-{name}-{}", std::process::id()));
        fs::create_dir_all(folder.join("src/tests")).unwrap();
        fs::write(folder.join("src/a.rs"), "one").unwrap();
        folder
    }

    #[test]
    fn content_names_and_words_count_and_tests_do_not() {
        let folder = folder("inputs");
        let stamp = |words: &[&str]| {
            let words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
            of_inputs(&folder, &["src", "absent"], &words).unwrap()
        };
        let before = stamp(&["1.95"]);
        fs::write(folder.join("src/tests/t.rs"), "test").unwrap();
        assert_eq!(stamp(&["1.95"]), before);
        assert_ne!(stamp(&["1.96"]), before);
        fs::write(folder.join("src/a.rs"), "two").unwrap();
        let changed = stamp(&["1.95"]);
        assert_ne!(changed, before);
        fs::rename(folder.join("src/a.rs"), folder.join("src/b.rs")).unwrap();
        assert_ne!(stamp(&["1.95"]), changed);
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn a_wiped_output_is_seen() {
        let folder = folder("outputs");
        let outputs = [folder.join("src")];
        let before = of_outputs(&outputs).unwrap();
        assert_eq!(of_outputs(&outputs).unwrap(), before);
        fs::remove_file(folder.join("src/a.rs")).unwrap();
        assert_ne!(of_outputs(&outputs).unwrap(), before);
        fs::remove_dir_all(folder).unwrap();
    }
}
