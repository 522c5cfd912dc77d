//! A scratch copy of the clone, for breaking things.

use crate::{paths, process, stamp};
use anyhow::{Result, bail};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Gives the copy's crates another version, each copy its own. Cargo tells crates in one build folder apart by name and
/// version alone, and would later take what it built from one copy for another's, or for the clone's own.
pub(crate) fn set_apart(tree: &Path, name: &str) -> Result<()> {
    let manifest = tree.join("Cargo.toml");
    let text = fs::read_to_string(&manifest)?;
    let Some((before, after)) = text.split_once("[workspace.package]\nversion = \"") else {
        bail!("{} names no version", manifest.display());
    };
    let after = after.replacen('"', &format!("-{name}\""), 1);
    let text = format!("{before}[workspace.package]\nversion = \"{after}");
    fs::write(&manifest, text)?;
    process::output(process::cargo().args(["update", "--workspace", "--offline"]).current_dir(tree)).map(drop)
}

/// Makes the scratch copy equal to the working tree. A file that has not changed is left alone, so that cargo
/// keeps what it built from it; any other is new, so that cargo never takes an older build for it.
pub(crate) fn copy(tree: &Path) -> Result<()> {
    let listed =
        process::output(process::program("git").args(["ls-files", "-z", "-co", "--exclude-standard"]))?;
    let wanted: BTreeSet<PathBuf> =
        listed.split('\0').filter(|name| !name.is_empty()).map(PathBuf::from).collect();
    fs::create_dir_all(tree)?;
    for old in stamp::all_files(tree)? {
        let inside = old.strip_prefix(tree)?;
        if !wanted.contains(inside) && !inside.components().any(|part| part.as_os_str() == "node_modules") {
            fs::remove_file(&old)?;
        }
    }
    for name in wanted {
        let (from, to) = (paths::root().join(&name), tree.join(&name));
        let Ok(content) = fs::read(&from) else { continue };
        if fs::read(&to).is_ok_and(|there| there == content) {
            continue;
        }
        if let Some(parent) = to.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&to, content)?;
    }
    if !tree.join("Cargo.toml").exists() {
        bail!("git lists no files to copy");
    }
    Ok(())
}
