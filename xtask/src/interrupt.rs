//! Ctrl-C, SIGTERM and a closed terminal end what was started here, once, and in order.
//!
//! Every long-running child has a process group of its own, so that the terminal's Ctrl-C reaches only this program,
//! which passes it on, waits, and stops Postgres last.

use anyhow::Result;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

static STOPPING: AtomicBool = AtomicBool::new(false);
/// True while a question stands on the terminal: nothing is under way then, and reading cannot be cut short.
static ASKING: AtomicBool = AtomicBool::new(false);
static GROUPS: Mutex<Vec<Pid>> = Mutex::new(Vec::new());

/// The work was cut short by a signal, not by a fault.
#[derive(Debug)]
pub(crate) struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("stopped by a signal")
    }
}

impl std::error::Error for Interrupted {}

pub(crate) fn listen() -> Result<()> {
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])?;
    std::thread::spawn(move || {
        for _ in signals.forever() {
            if ASKING.load(Ordering::SeqCst) {
                std::process::exit(130);
            }
            stop();
        }
    });
    Ok(())
}

/// Ends all that runs in the background: a signal came, or one of two things done side by side has failed.
pub(crate) fn stop() {
    // A second signal means: do not wait.
    let wish = if STOPPING.swap(true, Ordering::SeqCst) { Signal::SIGKILL } else { Signal::SIGTERM };
    for group in groups().iter() {
        let _ = killpg(*group, wish);
    }
}

/// Stops the work if a signal has come.
pub(crate) fn check() -> Result<()> {
    if stopping() { Err(Interrupted.into()) } else { Ok(()) }
}

pub(crate) fn stopping() -> bool {
    STOPPING.load(Ordering::SeqCst)
}

/// Waits for a person's answer; a signal ends the program there and then.
pub(crate) fn asking<T>(question: impl FnOnce() -> T) -> T {
    ASKING.store(true, Ordering::SeqCst);
    let answer = question();
    ASKING.store(false, Ordering::SeqCst);
    answer
}

/// Passes signals on to a process group for as long as it lives.
pub(crate) struct Watched(Pid);

impl Watched {
    pub(crate) fn new(group: Pid) -> Self {
        groups().push(group);
        // The signal may have come between spawning the child and listing it.
        if stopping() {
            let _ = killpg(group, Signal::SIGTERM);
        }
        Self(group)
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        groups().retain(|group| *group != self.0);
    }
}

fn groups() -> std::sync::MutexGuard<'static, Vec<Pid>> {
    GROUPS.lock().unwrap_or_else(PoisonError::into_inner)
}
