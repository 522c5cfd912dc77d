//! A planted fault: a patch whose head names the promise it breaks and the test that must notice.
//!
//! ```text
//! Promise: P3 one address, one account, however it is spelled
//! Test: cargo -p accounts twelve_spellings_make_one_row
//! ```
//! A browser test is named by its title: `Test: e2e "signing up signs in"`.

use crate::paths;
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;

#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) name: String,
    pub(crate) patch: PathBuf,
    pub(crate) promise: String,
    pub(crate) test: Test,
    /// The files that it breaks, from the root of the clone.
    pub(crate) files: Vec<PathBuf>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Test {
    Cargo { package: String, filter: String },
    Browser { title: String },
}

/// The faults in `faults/`, or the one that is named.
pub(crate) fn read(only: Option<&str>) -> Result<Vec<Fault>> {
    let folder = paths::root().join("faults");
    let entries = fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut patches: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    patches.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    patches.sort();
    let mut faults = Vec::new();
    for patch in patches {
        let name = patch.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if only.is_some_and(|only| only != name) {
            continue;
        }
        let head = fs::read_to_string(&patch)?;
        let (promise, test) = parse(&head).with_context(|| format!("faults/{name}.patch"))?;
        faults.push(Fault { name, patch, promise, test, files: broken_by(&head) });
    }
    match (faults.is_empty(), only) {
        (true, Some(name)) => bail!("there is no faults/{name}.patch"),
        (true, None) => bail!("faults/ holds no patch"),
        _ => Ok(faults),
    }
}

fn parse(patch: &str) -> Result<(String, Test)> {
    let head = || patch.lines().take_while(|line| !line.starts_with("diff ") && !line.starts_with("--- "));
    let line = |name: &str| {
        head().find_map(|line| line.strip_prefix(name)).map(str::trim).filter(|text| !text.is_empty())
    };
    let promise = line("Promise:").context("its head lacks a line `Promise: …`")?;
    let test = line("Test:").context("its head lacks a line `Test: …`")?;
    Ok((promise.to_owned(), parse_test(test)?))
}

/// What a patch makes of the files it names on its `---` and `+++` lines.
fn broken_by(patch: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = patch
        .lines()
        .filter_map(|line| line.strip_prefix("--- a/").or_else(|| line.strip_prefix("+++ b/")))
        .map(|name| PathBuf::from(name.trim_end()))
        .collect();
    files.sort();
    files.dedup();
    files
}

fn parse_test(test: &str) -> Result<Test> {
    if let Some(title) = test.strip_prefix("e2e ") {
        return Ok(Test::Browser { title: title.trim().trim_matches('"').to_owned() });
    }
    match test.split_whitespace().collect::<Vec<_>>()[..] {
        ["cargo", "-p", package, filter] => {
            Ok(Test::Cargo { package: package.into(), filter: filter.into() })
        }
        _ => bail!("`Test: {test}` is neither `cargo -p CRATE NAME` nor `e2e \"TITLE\"`"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_of_a_patch_is_read() {
        let patch =
            "Promise: P3 one account\nTest: cargo -p accounts twelve\n\ndiff --git a/x b/x\nTest: not this\n";
        let (promise, test) = parse(patch).unwrap();
        assert_eq!(promise, "P3 one account");
        assert_eq!(test, Test::Cargo { package: "accounts".into(), filter: "twelve".into() });
        let browser = parse("Promise: P1\nTest: e2e \"signs in twice\"\n--- a/x\n").unwrap().1;
        assert_eq!(browser, Test::Browser { title: "signs in twice".into() });
    }

    #[test]
    fn a_patch_names_the_files_it_breaks() {
        let patch =
            "Promise: P3\n\n--- a/x.rs\n+++ b/x.rs\n@@ -1 +1 @@\n-a\n+b\n--- /dev/null\n+++ b/new.rs\n";
        assert_eq!(broken_by(patch), [PathBuf::from("new.rs"), PathBuf::from("x.rs")]);
    }

    #[test]
    fn a_fault_that_names_no_test_is_refused() {
        for patch in [
            "Promise: P3\n--- a/x\nTest: cargo -p a b\n",
            "Test: cargo -p a b\n",
            "Promise: P3\nTest: cargo -p accounts\n",
            "Promise: P3\nTest: make check\n",
        ] {
            assert!(parse(patch).is_err(), "{patch}");
        }
    }
}
