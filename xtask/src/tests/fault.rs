//! A planted fault: a patch whose head names the promise it breaks and the test that must notice.
//!
//! ```text
//! Promise: P3 one address, one account, however it is spelled
//! Test: cargo -p accounts twelve_spellings_make_one_row
//! ```
//! A browser test is named by its title: `Test: e2e "signing up signs in"`. A line `Alone: REASON` keeps it from being
//! planted beside others.

use crate::paths;
use anyhow::{Context, Result, bail, ensure};
use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::PathBuf;

#[derive(Debug)]
pub(crate) struct Fault {
    pub(crate) name: String,
    pub(crate) patch: PathBuf,
    pub(crate) promise: String,
    pub(crate) test: Test,
    /// Whether it breaks too much to have companions.
    pub(crate) alone: bool,
    /// The files that it breaks, from the root of the clone.
    pub(crate) files: Vec<PathBuf>,
    /// The lines that its patch covers, file by file.
    pub(crate) hunks: Vec<(PathBuf, Range<u32>)>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Test {
    Cargo { package: String, filter: String },
    Browser { title: String },
}

impl Fault {
    /// Whether two patches cover the same lines, so that they cannot be applied together.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        self.hunks.iter().any(|(file, lines)| {
            let meet = |more: &Range<u32>| lines.start < more.end && more.start < lines.end;
            other.hunks.iter().any(|(beside, more)| file == beside && meet(more))
        })
    }
}

/// Which build a test runs from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Way {
    Crates,
    Xtask,
    Traces,
    Site,
}

impl Test {
    pub(crate) fn way(&self) -> Way {
        match self {
            Self::Cargo { package, .. } if package == "xtask" => Way::Xtask,
            Self::Cargo { package, .. } if package == "traces" => Way::Traces,
            Self::Cargo { .. } => Way::Crates,
            Self::Browser { .. } => Way::Site,
        }
    }

    /// What the runner is given to find it by.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Cargo { filter, .. } => filter,
            Self::Browser { title } => title,
        }
    }
}

impl fmt::Display for Test {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cargo { package, filter } => write!(f, "cargo -p {package} {filter}"),
            Self::Browser { title } => write!(f, "e2e \"{title}\""),
        }
    }
}

/// The faults in `faults/`, or those that are named.
pub(crate) fn read(only: &[String]) -> Result<Vec<Fault>> {
    let folder = paths::root().join("faults");
    let entries = fs::read_dir(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut patches: Vec<PathBuf> = entries.map(|entry| Ok(entry?.path())).collect::<Result<_>>()?;
    patches.retain(|path| path.extension().is_some_and(|extension| extension == "patch"));
    patches.sort();
    let mut faults = Vec::new();
    for patch in patches {
        let name = patch.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        if !only.is_empty() && !only.contains(&name) {
            continue;
        }
        let written = fs::read_to_string(&patch)?;
        let (promise, test) = parse(&written).with_context(|| format!("faults/{name}.patch"))?;
        let alone = line_of(&written, "Alone:").is_some();
        let (files, hunks) = (broken_by(&written), hunks(&written));
        faults.push(Fault { name, patch, promise, test, alone, files, hunks });
    }
    if let Some(name) = only.iter().find(|name| faults.iter().all(|fault| fault.name != **name)) {
        bail!("there is no faults/{name}.patch");
    }
    ensure!(!faults.is_empty(), "faults/ holds no patch");
    Ok(faults)
}

fn parse(patch: &str) -> Result<(String, Test)> {
    let promise = line_of(patch, "Promise:").context("its head lacks a line `Promise: …`")?;
    let test = line_of(patch, "Test:").context("its head lacks a line `Test: …`")?;
    Ok((promise.to_owned(), parse_test(test)?))
}

/// What a line of a patch's head says.
fn line_of<'a>(patch: &'a str, name: &str) -> Option<&'a str> {
    let mut head = patch.lines().take_while(|line| !line.starts_with("diff ") && !line.starts_with("--- "));
    head.find_map(|line| line.strip_prefix(name)).map(str::trim).filter(|text| !text.is_empty())
}

/// The lines of each `@@ -12,5 +12,4 @@`, as the file has them before the patch.
fn hunks(patch: &str) -> Vec<(PathBuf, Range<u32>)> {
    let (mut file, mut hunks) = (PathBuf::new(), Vec::new());
    for line in patch.lines() {
        if let Some(name) = line.strip_prefix("--- a/") {
            file = PathBuf::from(name.trim_end());
        } else if let Some(lines) = line.strip_prefix("@@ -").and_then(|rest| rest.split(' ').next()) {
            let (first, count) = lines.split_once(',').unwrap_or((lines, "1"));
            if let (Ok(first), Ok(count)) = (first.parse::<u32>(), count.parse::<u32>()) {
                hunks.push((file.clone(), first..first + count));
            }
        }
    }
    hunks
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
    fn patches_overlap_where_they_look_at_the_same_lines() {
        let fault = |patch: &str| Fault {
            name: String::new(),
            patch: PathBuf::new(),
            promise: String::new(),
            test: Test::Browser { title: String::new() },
            alone: line_of(patch, "Alone:").is_some(),
            files: broken_by(patch),
            hunks: hunks(patch),
        };
        let first = fault(
            "Alone: it stops the start\n--- a/x.rs\n+++ b/x.rs\n@@ -10,5 +10,4 @@ fn x() {\n a\n@@ -40 +39 @@\n",
        );
        assert!(first.alone);
        assert!(first.overlaps(&fault("--- a/x.rs\n@@ -14,3 +14,3 @@\n")));
        assert!(!first.overlaps(&fault("--- a/x.rs\n@@ -15,3 +15,3 @@\n")));
        assert!(first.overlaps(&fault("--- a/y.rs\n@@ -1,3 +1,3 @@\n--- a/x.rs\n@@ -38,5 +38,5 @@\n")));
        assert!(!first.overlaps(&fault("--- a/y.rs\n@@ -10,5 +10,5 @@\n")));
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
