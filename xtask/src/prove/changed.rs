//! Which faults a change touches: those in a file that changed, and those whose own patch or test did.

use crate::tests::fault::{Fault, Test};
use crate::{paths, process};
use anyhow::{Context, Result};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// What a branch is compared with, unless it is said.
const BASE: &str = "main";

pub(super) fn touched(faults: Vec<Fault>, base: Option<&str>) -> Result<Vec<Fault>> {
    let changed = changed_since(base.unwrap_or(BASE))?;
    Ok(faults.into_iter().filter(|fault| touches(&changed, fault)).collect())
}

/// The files that differ from where the branch began, committed or not, with what they hold.
fn changed_since(base: &str) -> Result<BTreeMap<PathBuf, String>> {
    let git = |words: &[&str]| process::output(process::program("git").args(words));
    let fork = git(&["merge-base", base, "HEAD"])
        .with_context(|| format!("there is no `{base}` to compare with: name another by --base"))?;
    let differing = git(&["diff", "--name-only", "--no-renames", "-z", fork.trim()])?;
    let new = git(&["ls-files", "-z", "--others", "--exclude-standard"])?;
    let names = differing.split('\0').chain(new.split('\0')).filter(|name| !name.is_empty());
    // A file that was deleted holds nothing.
    Ok(names
        .map(|name| (name.into(), fs::read_to_string(paths::root().join(name)).unwrap_or_default()))
        .collect())
}

fn touches(changed: &BTreeMap<PathBuf, String>, fault: &Fault) -> bool {
    let patch = PathBuf::from(format!("faults/{}.patch", fault.name));
    let test = match &fault.test {
        Test::Cargo { filter, .. } => format!("fn {}", filter.rsplit("::").next().unwrap_or(filter)),
        Test::Browser { title } => title.clone(),
    };
    let code = |path: &PathBuf| path.extension().is_some_and(|kind| kind == "rs" || kind == "ts");
    fault.files.iter().chain([&patch]).any(|path| changed.contains_key(path))
        || changed.iter().any(|(path, text)| code(path) && text.contains(&test))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_touched_through_its_file_its_patch_or_its_test() {
        let fault = Fault {
            name: "p3".into(),
            patch: PathBuf::new(),
            promise: String::new(),
            test: Test::Cargo { package: "accounts".into(), filter: "one_row".into() },
            alone: false,
            files: vec!["crates/a.rs".into()],
            hunks: Vec::new(),
        };
        let touched = |path: &str, text: &str| touches(&BTreeMap::from([(path.into(), text.into())]), &fault);
        assert!(touched("crates/a.rs", ""));
        assert!(touched("faults/p3.patch", ""));
        assert!(touched("crates/b.rs", "fn one_row() {}"));
        assert!(!touched("crates/b.rs", "fn two_rows() {}"));
        assert!(!touched("docs/b.md", "fn one_row() {}"));
    }
}
