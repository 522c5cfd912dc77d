//! A lock for one run at a time, which also ends what a killed run left behind.
//!
//! `kill -9` gives this program no time to stop its children. So each is noted in `var/run` with the moment it began,
//! and the next run ends it. The moment tells it from another process that got the same number later.

use crate::paths;
use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use std::fs::{self, File, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::time::{Duration, Instant};

/// How long a server may drain before it is killed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Where this run notes its children; unset for commands that start none worth noting.
static FOLDER: Mutex<Option<PathBuf>> = Mutex::new(None);

/// The lock of one run; the operating system releases it however this program ends.
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock called `name` and ends what the last holder left behind.
    pub(crate) fn take(name: &str) -> Result<Self> {
        let folder = paths::var().join("run").join(name);
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be written", folder.display()))?;
        let path = folder.with_extension("lock");
        let mut file = File::options().read(true).write(true).create(true).truncate(false).open(&path)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                file.read_to_string(&mut holder)?;
                bail!("cargo xtask {} is at work in this clone: end it first", holder.trim());
            }
            Err(TryLockError::Error(error)) => return Err(error.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{name} (process {})", std::process::id())?;
        sweep(&folder)?;
        *FOLDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Some(folder);
        Ok(Self { _file: file })
    }
}

fn sweep(folder: &std::path::Path) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if let Some(group) = fs::read_to_string(&path).ok().as_deref().and_then(parse)
            && began(group.0).as_deref() == Some(group.1)
        {
            end(Pid::from_raw(group.0))?;
        }
        fs::remove_file(path)?;
    }
    Ok(())
}

/// A note in `var/run`: the number of a process group and when its leader began.
fn parse(note: &str) -> Option<(i32, &str)> {
    let (pid, began) = note.split_once('\n')?;
    Some((pid.parse().ok().filter(|pid| *pid > 1)?, began.trim()))
}

fn end(group: Pid) -> Result<()> {
    crate::steps::say(&format!("Ending process {group}, left behind by an earlier run"));
    let _ = killpg(group, Signal::SIGTERM);
    if !gone(group) {
        let _ = killpg(group, Signal::SIGKILL);
        if !gone(group) {
            bail!("process {group} of an earlier run does not end: kill it and start again");
        }
    }
    Ok(())
}

fn gone(pid: Pid) -> bool {
    let asked = Instant::now();
    while asked.elapsed() < PATIENCE {
        if kill(pid, None).is_err() || began(pid.as_raw()).is_none() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    false
}

/// A child's note, gone with the child.
pub(crate) struct Note(Option<PathBuf>);

impl Note {
    pub(crate) fn write(group: Pid) -> Result<Self> {
        let folder = FOLDER.lock().unwrap_or_else(std::sync::PoisonError::into_inner).clone();
        let (Some(folder), Some(began)) = (folder, began(group.as_raw())) else {
            return Ok(Self(None));
        };
        let path = folder.join(group.to_string());
        fs::write(&path, format!("{group}\n{began}\n"))?;
        Ok(Self(Some(path)))
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        if let Some(path) = &self.0 {
            let _ = fs::remove_file(path);
        }
    }
}

/// When a running process began, in the system's own notation.
fn began(pid: i32) -> Option<String> {
    if cfg!(target_os = "linux") {
        return started_ticks(&fs::read_to_string(format!("/proc/{pid}/stat")).ok()?).map(str::to_owned);
    }
    let told = Command::new("ps").args(["-o", "lstart=", "-p", &pid.to_string()]).output().ok()?;
    Some(String::from_utf8_lossy(&told.stdout).trim().to_owned()).filter(|began| !began.is_empty())
}

/// Field 22 of `/proc/<pid>/stat`. The name before it may hold blanks and brackets; a zombie no longer counts.
fn started_ticks(stat: &str) -> Option<&str> {
    let (_, rest) = stat.rsplit_once(") ")?;
    let fields: Vec<&str> = rest.split(' ').collect();
    if fields.first() == Some(&"Z") { None } else { fields.get(19).copied() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_start_is_read_behind_a_hostile_name() {
        let stat = "42 (a) R (b) S 1 42 42 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 98765 1 2 3";
        assert_eq!(started_ticks(stat), Some("98765"));
        assert_eq!(started_ticks(&stat.replace(" S 1", " Z 1")), None);
    }

    #[test]
    fn a_torn_note_names_nobody() {
        assert_eq!(parse("77\n98765\n"), Some((77, "98765")));
        for torn in ["", "77", "-1\n5", "0\n5", "1\n5", "x\n5"] {
            assert_eq!(parse(torn), None, "{torn:?}");
        }
    }

    #[test]
    fn this_process_has_a_beginning() {
        assert!(began(std::process::id().try_into().unwrap()).is_some());
    }
}
