//! A process that ends with whoever holds it.

use super::leftovers;
use anyhow::{Context, Result, bail};
use nix::sys::signal::{self, Signal};
use nix::unistd::Pid;
use std::fs::{self, OpenOptions};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// How long a process may take to stop where it is.
const HELD_WITHIN: Duration = Duration::from_secs(1);

/// A process of ours, named by its id alone.
#[derive(Debug)]
pub struct Child {
    child: std::process::Child,
    log: PathBuf,
}

impl Child {
    /// Starts a program whose words go to a log file.
    ///
    /// # Errors
    /// Where it cannot be started.
    pub fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(log)?;
        command.stdin(Stdio::null()).stdout(file.try_clone()?).stderr(file);
        let named = command.get_program().to_string_lossy().into_owned();
        let child = command.spawn().with_context(|| format!("{named} cannot be started"))?;
        let child = Self { child, log: log.to_owned() };
        leftovers::note(child.pid(), log)?;
        Ok(child)
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// SIGTERM: it may end in its own way.
    pub fn ask_to_end(&self) {
        send(self.pid(), Signal::SIGTERM);
    }

    /// SIGSTOP: it keeps its connections and says nothing.
    pub fn pause(&self) {
        send(self.pid(), Signal::SIGSTOP);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        send(self.pid(), Signal::SIGCONT);
    }

    /// SIGINT.
    pub fn interrupt(&self) {
        send(self.pid(), Signal::SIGINT);
    }

    /// SIGQUIT.
    pub fn quit(&self) {
        send(self.pid(), Signal::SIGQUIT);
    }

    /// Whether it still runs.
    pub fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Waits until it has ended by itself, and says whether it succeeded.
    ///
    /// # Errors
    /// Where it still runs after that time.
    pub async fn ended(&mut self, within: Duration) -> Result<bool> {
        let began = Instant::now();
        loop {
            if let Some(status) = self.child.try_wait()? {
                return Ok(status.success());
            }
            if began.elapsed() > within {
                bail!("process {} still runs after {within:?}; see {}", self.pid(), self.log.display());
            }
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    }

    /// Kills it, and waits for its end.
    pub fn kill(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }

    /// Kills it and all that it started, and waits for its end.
    pub fn kill_family(&mut self) {
        kill_family(self.pid());
        self.kill();
    }

    /// The last lines of its log.
    #[must_use]
    pub fn last_words(&self) -> String {
        let text = fs::read_to_string(&self.log).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(12)..].join("\n")
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Sends a process a signal, if it is there. One that has ended takes none, as long as nobody has waited for it.
fn send(pid: u32, signal: Signal) {
    // 0 and -1 would be many.
    if let Some(pid) = i32::try_from(pid).ok().filter(|pid| *pid > 1) {
        let _ = signal::kill(Pid::from_raw(pid), signal);
    }
}

/// Pauses a process, and gives back the processes that it started. It waits for none of them from then on, so their numbers
/// are nobody else's until it goes on.
fn hold(pid: u32) -> Vec<u32> {
    send(pid, Signal::SIGSTOP);
    let began = Instant::now();
    // T is stopped, Z and nothing ended.
    while matches!(state(pid), Some(state) if !matches!(state, 'T' | 'Z')) && began.elapsed() < HELD_WITHIN {
        std::thread::sleep(Duration::from_millis(1));
    }
    children(pid)
}

/// Kills a process and all that it started, down to the last.
pub fn kill_family(pid: u32) {
    for below in hold(pid) {
        kill_family(below);
    }
    send(pid, Signal::SIGKILL);
}

/// Kills one of the processes that a process started, and says whether it was one.
pub fn kill_one_of(parent: u32, pid: u32) -> bool {
    let is_one = hold(parent).contains(&pid);
    if is_one {
        send(pid, Signal::SIGKILL);
    }
    send(parent, Signal::SIGCONT);
    is_one
}

/// SIGSTOP to a process and all that it started.
pub fn pause_family(pid: u32) {
    for below in hold(pid) {
        pause_family(below);
    }
}

/// SIGCONT to a process and all that it started.
pub fn resume_family(pid: u32) {
    for below in children(pid) {
        resume_family(below);
    }
    send(pid, Signal::SIGCONT);
}

/// One letter of `/proc/PID/stat`.
fn state(pid: u32) -> Option<char> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(") ")?.1.chars().next()
}

/// When a process began, in ticks since the machine did: with its number it names one process for good. None once it has ended.
#[must_use]
pub fn began(pid: u32) -> Option<u64> {
    // Field 22.
    state(pid).filter(|state| *state != 'Z').and_then(|_| stat(pid)?.get(19).copied())
}

/// The processes that a process started, from `/proc`.
#[must_use]
pub fn children(parent: u32) -> Vec<u32> {
    let Ok(all) = fs::read_dir("/proc") else { return Vec::new() };
    let pids = all.flatten().filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    pids.filter(|pid| stat(*pid).is_some_and(|fields| fields.get(1) == Some(&u64::from(parent)))).collect()
}

/// The processor time that a process has used, by itself and in the kernel, to a hundredth of a second.
#[must_use]
pub fn cpu(pid: u32) -> Duration {
    // `utime` and `stime` are fields 14 and 15, in ticks of 10 ms, which the kernel promises to programs.
    let ticks = stat(pid).map_or(0, |fields| fields[11] + fields[12]);
    Duration::from_millis(10 * ticks)
}

/// The processor time of a process's children that have ended and were waited for.
#[must_use]
pub fn cpu_of_ended(pid: u32) -> Duration {
    let ticks = stat(pid).map_or(0, |fields| fields[13] + fields[14]);
    Duration::from_millis(10 * ticks)
}

/// The fields of `/proc/PID/stat` from the third on; what is no number counts as 0.
fn stat(pid: u32) -> Option<Vec<u64>> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name in brackets may hold anything.
    let (_, rest) = text.rsplit_once(") ")?;
    let fields: Vec<u64> = rest.split(' ').map(|field| field.trim().parse().unwrap_or(0)).collect();
    (fields.len() > 20).then_some(fields)
}

/// The memory of a process that is in RAM, in bytes.
#[must_use]
pub fn rss(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
    kib.unwrap_or(0) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Child {
        Child::start(Command::new("sh").args(["-c", script]), Path::new("/dev/null")).unwrap()
    }

    /// Waits for what a shell starts.
    fn below(child: &Child) -> u32 {
        let began = Instant::now();
        while began.elapsed() < Duration::from_mins(1) {
            if let Some(pid) = children(child.pid()).first() {
                return *pid;
            }
        }
        panic!("it started nothing");
    }

    #[test]
    fn a_process_is_killed_with_what_it_started_and_nobody_else() {
        let mut child = shell("sleep 600; true");
        let below = below(&child);
        assert!(!kill_one_of(child.pid(), std::process::id()), "that is no child of its");
        child.kill_family();
        let ended = Instant::now();
        while began(below).is_some() {
            assert!(ended.elapsed() < Duration::from_mins(1));
        }
        assert!(!child.runs());
    }

    #[test]
    fn a_process_is_held_and_goes_on() {
        let child = shell("sleep 600; true");
        let below = below(&child);
        pause_family(child.pid());
        assert_eq!((state(child.pid()), state(below)), (Some('T'), Some('T')));
        resume_family(child.pid());
        assert!(kill_one_of(child.pid(), below));
    }
}
