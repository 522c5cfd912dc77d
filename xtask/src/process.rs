//! Running other programs.

use crate::interrupt::{self, Watched};
use crate::lock::Note;
use crate::steps::{self, Step};
use anyhow::{Context, Result, bail};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::collections::VecDeque;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

/// No crate takes as long to compile, and no test to end: a program that says nothing for this long is stuck. Whoever
/// runs it from outside would end it later, without a word on where it stood.
const STUCK: Duration = Duration::from_mins(15);
/// Then it is asked to end, and killed if it has not done so this much later.
const GRACE: Duration = Duration::from_mins(1);

/// A failed program's last lines, enough for a compiler error.
const TAIL: usize = 80;

/// A program run from the clone's root, without a keyboard.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    command.current_dir(crate::paths::root()).stdin(Stdio::null());
    command
}

/// The cargo that runs this program.
pub(crate) fn cargo() -> Command {
    program(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// What a short program prints.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| format!("{} does not run", name(command)))?;
    if !output.status.success() {
        interrupt::check()?;
        let said = if output.stderr.is_empty() { &output.stdout } else { &output.stderr };
        bail!("{} failed: {}", name(command), String::from_utf8_lossy(said).trim());
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// True when the program exists and succeeds.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// True when the program succeeds, and is not silent for so long.
pub(crate) fn succeeds_within(silence: Duration, command: &mut Command) -> Result<bool> {
    follow_until(silence, command, |_| ())
}

/// A child with a process group of its own, which signals are passed on to.
pub(crate) struct Job {
    child: Child,
    group: Pid,
    _watched: Watched,
    _note: Note,
}

impl Job {
    pub(crate) fn spawn(command: &mut Command) -> Result<Self> {
        interrupt::check()?;
        let child =
            command.process_group(0).spawn().with_context(|| format!("{} does not run", name(command)))?;
        let group = Pid::from_raw(child.id().try_into()?);
        Ok(Self { child, group, _watched: Watched::new(group), _note: Note::write(group)? })
    }

    pub(crate) fn wait(mut self) -> Result<ExitStatus> {
        Ok(self.child.wait()?)
    }

    pub(crate) fn running(&mut self) -> Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }
}

enum Heard {
    Line(String),
    Silence,
}

/// Runs a program, hands over each line it prints, and says whether it succeeded.
fn follow(command: &mut Command, each: impl FnMut(Heard)) -> Result<bool> {
    follow_until(STUCK, command, each)
}

fn follow_until(stuck: Duration, command: &mut Command, mut each: impl FnMut(Heard)) -> Result<bool> {
    let mut job = Job::spawn(command.stdout(Stdio::piped()).stderr(Stdio::piped()))?;
    let (sender, receiver) = mpsc::channel();
    if let Some(out) = job.child.stdout.take() {
        listen(out, sender.clone());
    }
    if let Some(err) = job.child.stderr.take() {
        listen(err, sender);
    }
    let (mut heard, mut asked) = (Instant::now(), None);
    loop {
        match receiver.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => {
                heard = Instant::now();
                each(Heard::Line(line));
            }
            Err(RecvTimeoutError::Timeout) => each(Heard::Silence),
            Err(RecvTimeoutError::Disconnected) => break,
        }
        match asked {
            None if heard.elapsed() >= stuck => {
                let minutes = stuck.as_secs() / 60;
                each(Heard::Line(format!("✗ {} said nothing for {minutes} minutes: ended", name(command))));
                let _ = killpg(job.group, Signal::SIGTERM);
                asked = Some(Instant::now());
            }
            Some(at) if at.elapsed() >= GRACE => {
                let _ = killpg(job.group, Signal::SIGKILL);
            }
            _ => {}
        }
    }
    let status = job.wait()?;
    interrupt::check()?;
    Ok(status.success())
}

fn listen(from: impl Read + Send + 'static, to: Sender<String>) {
    std::thread::spawn(move || {
        for line in BufReader::new(from).split(b'\n') {
            let Ok(line) = line else { return };
            if to.send(String::from_utf8_lossy(&line).trim_end().to_owned()).is_err() {
                return;
            }
        }
    });
}

/// Runs a long program, shows how far it is, and what it said if it fails.
pub(crate) fn build(step: &mut Step, command: &mut Command) -> Result<()> {
    build_of(step, command, 0)
}

/// The same, when it is known how many crates there are.
pub(crate) fn build_of(step: &mut Step, command: &mut Command, expected: usize) -> Result<()> {
    let of = if expected > 0 { format!(" of about {expected}") } else { String::new() };
    let mut tail = VecDeque::with_capacity(TAIL);
    let mut crates = 0;
    let mut note = String::new();
    // A builder's own backtrace would push the compiler's errors out of the tail.
    let succeeded = follow(command.env("RUST_BACKTRACE", "0"), |heard| {
        if let Heard::Line(line) = heard {
            let line = plain(&line);
            if let Some(name) = compiled(&line) {
                crates += 1;
                note = format!("crate {crates}{of}, {name}");
            } else if !line.trim().is_empty() && crates == 0 {
                line.trim().clone_into(&mut note);
            }
            if tail.len() == TAIL {
                tail.pop_front();
            }
            tail.push_back(line);
        }
        step.progress(&note);
    })?;
    if !succeeded {
        let said: Vec<String> = tail.into();
        bail!("{}\n\n{} failed", said.join("\n"), name(command));
    }
    if crates > 0 {
        step.detail(format!("crates compiled: {crates}"));
    }
    Ok(())
}

/// Runs a program with visible output and returns that output.
pub(crate) fn tee(command: &mut Command) -> Result<(bool, Vec<String>)> {
    let mut lines = Vec::new();
    let succeeded = follow(command, |heard| {
        if let Heard::Line(line) = heard {
            steps::say(&line);
            lines.push(plain(&line));
        }
    })?;
    Ok((succeeded, lines))
}

/// Runs a program within a step and returns its output.
pub(crate) fn hear(step: &mut Step, command: &mut Command) -> Result<(bool, Vec<String>)> {
    let mut lines = Vec::new();
    let succeeded = follow(command, |heard| {
        if let Heard::Line(line) = heard {
            lines.push(plain(&line));
        }
        step.progress("");
    })?;
    Ok((succeeded, lines))
}

/// The crate that a line of cargo's output names.
fn compiled(line: &str) -> Option<&str> {
    let mut words = line.split_whitespace();
    let verb = words.next()?;
    matches!(verb, "Compiling" | "Checking").then(|| words.next()).flatten()
}

/// A line without its colours.
pub(crate) fn plain(line: &str) -> String {
    let mut plain = String::with_capacity(line.len());
    let mut rest = line;
    while let Some((before, after)) = rest.split_once("\x1b[") {
        plain.push_str(before);
        rest = after.split_once(|c: char| c.is_ascii_alphabetic()).map_or("", |(_, after)| after);
    }
    plain.push_str(rest);
    plain
}

/// A command as a person would type it, without folders.
pub(crate) fn name(command: &Command) -> String {
    let program = std::path::Path::new(command.get_program());
    let mut words = vec![program.file_name().unwrap_or(program.as_os_str()).to_string_lossy()];
    words.extend(command.get_args().map(OsStr::to_string_lossy));
    format!("`{}`", words.join(" "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_are_taken_off() {
        assert_eq!(plain("\x1b[1m\x1b[32m   Compiling\x1b[0m leptos v0.8.23"), "   Compiling leptos v0.8.23");
        assert_eq!(plain("no colour"), "no colour");
    }

    #[test]
    fn cargo_s_progress_is_read() {
        assert_eq!(compiled("   Compiling leptos v0.8.23"), Some("leptos"));
        assert_eq!(compiled("    Checking app v0.1.0 (/work)"), Some("app"));
        assert_eq!(compiled("    Finished `release` profile"), None);
    }

    #[test]
    fn a_program_that_says_nothing_is_ended_with_all_that_it_started() {
        let mut lines = Vec::new();
        let mut command = program("sh");
        command.args(["-c", "echo begun; sleep 600; true"]);
        // A busy machine may take its time until it has begun.
        let succeeded = follow_until(Duration::from_secs(5), &mut command, |heard| {
            if let Heard::Line(line) = heard {
                lines.push(line);
            }
        });
        assert!(!succeeded.unwrap());
        assert!(lines.len() == 2 && lines[0] == "begun" && lines[1].contains("said nothing"), "{lines:?}");
    }

    #[test]
    fn a_failed_program_is_named_with_its_words() {
        let error = output(program("sh").args(["-c", "echo no >&2; exit 3"])).unwrap_err();
        assert_eq!(error.to_string(), "`sh -c echo no >&2; exit 3` failed: no");
    }
}
