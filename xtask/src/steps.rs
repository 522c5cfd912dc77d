//! Reports each step of the work, and how long it took.

use anyhow::Result;
use std::fmt::Write as _;
use std::io::{IsTerminal, Write as _};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// Without a terminal a long step speaks this often.
const QUIET_SPELL: Duration = Duration::from_secs(15);

/// True while a terminal's last line is a passing one, to be written over.
static PASSING: Mutex<bool> = Mutex::new(false);

pub(crate) struct Step {
    what: String,
    began: Instant,
    told: Option<Instant>,
    detail: String,
}

/// Does one step of the work and reports it. Steps may run beside each other.
pub(crate) fn step<T>(what: &str, work: impl FnOnce(&mut Step) -> Result<T>) -> Result<T> {
    let mut step = Step { what: what.to_owned(), began: Instant::now(), told: None, detail: String::new() };
    if on_terminal() {
        step.progress("");
    }
    let result = work(&mut step);
    let mark = if result.is_ok() { "✓" } else { "✗" };
    let detail = if step.detail.is_empty() { String::new() } else { format!(": {}", step.detail) };
    say(&format!("{mark} {}{detail} ({})", step.what, took(step.began.elapsed())));
    result
}

impl Step {
    /// Tells how far a long step is.
    pub(crate) fn progress(&mut self, note: &str) {
        if !on_terminal() && self.told.is_some_and(|told| told.elapsed() < QUIET_SPELL) {
            return;
        }
        self.told = Some(Instant::now());
        let mut line = format!("… {}", self.what);
        if !note.is_empty() {
            let _ = write!(line, ": {note}");
        }
        let seconds = self.began.elapsed();
        if seconds.as_secs() > 0 {
            let _ = write!(line, " ({})", took(seconds));
        }
        show(&line, on_terminal());
    }

    /// A detail for the line of the finished step.
    pub(crate) fn detail(&mut self, detail: impl Into<String>) {
        self.detail = detail.into();
    }
}

/// Prints a line that stays.
pub(crate) fn say(line: &str) {
    show(line, false);
}

/// A closed pipe is no reason to stop half-way, so write errors are ignored.
fn show(line: &str, passing: bool) {
    let mut previous = lock();
    let mut out = std::io::stdout().lock();
    if *previous {
        let _ = write!(out, "\r\x1b[2K");
    }
    let _ = if passing { write!(out, "{}", cut(line)) } else { writeln!(out, "{line}") };
    let _ = out.flush();
    *previous = passing;
}

/// Long lines would wrap and could not be written over.
fn cut(line: &str) -> String {
    line.chars().take(100).collect()
}

fn lock() -> MutexGuard<'static, bool> {
    PASSING.lock().unwrap_or_else(PoisonError::into_inner)
}

fn on_terminal() -> bool {
    std::io::stdout().is_terminal()
}

pub(crate) fn took(time: Duration) -> String {
    let seconds = time.as_secs();
    match seconds {
        0..10 => format!("{:.1} s", time.as_secs_f64()),
        10..120 => format!("{seconds} s"),
        _ => format!("{} min {} s", seconds / 60, seconds % 60),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_read_well() {
        let cases = [(40, "0.0 s"), (2_340, "2.3 s"), (59_900, "59 s"), (185_000, "3 min 5 s")];
        for (millis, expected) in cases {
            assert_eq!(took(Duration::from_millis(millis)), expected);
        }
    }
}
