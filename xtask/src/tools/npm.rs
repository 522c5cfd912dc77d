//! npm packages at the versions their lockfile names, fetched only when they are needed.

use crate::steps::Step;
use crate::{paths, process};
use anyhow::{Context, Result};
use std::fs;
use std::path::{Path, PathBuf};

const STAMP: &str = "node_modules/.doorstep";

/// Installs what the folder's lockfile says, unless it is there. No package's own script is run.
pub(crate) fn install(folder: &str, step: &mut Step) -> Result<PathBuf> {
    let folder = paths::root().join(folder);
    let lock = fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    let wanted = paths::sha256(&lock);
    if installed(&folder).as_deref() == Some(&wanted) {
        return Ok(folder);
    }
    if whole(&folder) {
        fs::write(folder.join(STAMP), wanted)?;
        return Ok(folder);
    }
    let mut npm = process::program("npm");
    npm.args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).current_dir(&folder);
    npm.env("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1");
    process::build(step, &mut npm)?;
    // A lockfile of optional packages alone may install nothing at all.
    fs::create_dir_all(folder.join("node_modules"))?;
    fs::write(folder.join(STAMP), wanted)?;
    Ok(folder)
}

/// Did somebody run `npm ci` by hand? npm writes its own note last, so half an install has none.
fn whole(folder: &Path) -> bool {
    folder.join("node_modules/.package-lock.json").exists()
        && process::succeeds(process::program("npm").args(["ls", "--all"]).current_dir(folder))
}

fn installed(folder: &Path) -> Option<String> {
    fs::read_to_string(folder.join(STAMP)).ok()
}
