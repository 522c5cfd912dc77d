//! Commands of `bench/`, which runs real processes of the release server. They are compiled for release too: a slow client
//! would measure itself.

use crate::lock::Lock;
use crate::postgres::{Cluster, Kind, Running};
use crate::site::bundle;
use crate::steps::step;
use crate::tests::{Tally, counts};
use crate::tools::{Toolbox, prerequisites, valkey};
use crate::{paths, process, steps};
use anyhow::{Result, bail};
use std::process::{Command, ExitCode};

/// The commands whose words `bench/` reads by itself.
pub(crate) const COMMANDS: &[&str] = &["stand", "abuse", "faults", "bench"];

/// Those whose short form is a part of `cargo xtask test`.
const IN_THE_TEST: &[&str] = &["abuse", "faults"];

/// What each of them says of itself, which stands in its source.
const SOURCES: &[(&str, &str)] = &[
    ("abuse", include_str!("../../../bench/src/abuse/mod.rs")),
    ("faults", include_str!("../../../bench/src/faults/mod.rs")),
];

/// Builds server and site, and runs one of them.
pub(crate) fn run(command: &str, words: &[String]) -> Result<ExitCode> {
    let help = help(command);
    if words.iter().any(|word| word == "--help") {
        steps::say(&help);
        return Ok(ExitCode::SUCCESS);
    }
    // Nothing is built for a mistake, which takes minutes.
    if !are_taken(&help, words) {
        bail!("{help}");
    }
    let _lock = Lock::take("test")?;
    prerequisites::check()?;
    let (tools, postgres) = Toolbox::bring(|| Cluster::open(Kind::Test)?.start())?;
    bundle::build(&tools)?;
    let (succeeded, _) = process::tee(program(&postgres)?.arg(command).args(words))?;
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn help(command: &str) -> String {
    let source = SOURCES.iter().find(|(name, _)| *name == command).map(|(_, source)| *source);
    let text = source.and_then(|source| source.split_once("const HELP: &str = \"\\\n")?.1.split_once("\";"));
    text.map_or_else(|| format!("cargo xtask {command}"), |(text, _)| text.to_owned())
}

/// Whether the first line of a help names each word: `[--short] [--minutes N] [--only redis|postgres]…`.
fn are_taken(help: &str, words: &[String]) -> bool {
    let usage = help.lines().next().unwrap_or_default();
    let options = || usage.split('[').skip(1).filter_map(|rest| Some(rest.split_once(']')?.0));
    let mut words = words.iter().map(String::as_str);
    while let Some(word) = words.next() {
        let (name, value) = word.split_once('=').map_or((word, None), |(name, value)| (name, Some(value)));
        let option = options().find(|option| option.split(' ').next() == Some(name));
        let taken = match option.map(|option| option.split_once(' ')) {
            None => false,
            Some(None) => value.is_none(),
            Some(Some((_, kind))) => value.or_else(|| words.next()).is_some_and(|value| is_a(kind, value)),
        };
        if !taken {
            return false;
        }
    }
    true
}

/// `N` is a number, `a|b` one of these, anything else whatever `bench/` makes of it.
fn is_a(kind: &str, value: &str) -> bool {
    match kind {
        "N" => value.parse::<u64>().is_ok(),
        kind if kind.contains('|') => kind.split('|').any(|one| one == value),
        _ => !value.is_empty(),
    }
}

/// The short forms against the server that was built before: each row of their reports counts as a test.
pub(crate) fn short(postgres: &Running, tally: &mut Tally) -> Result<()> {
    if !cfg!(target_os = "linux") {
        let why = "they read /proc, and use all of 127.0.0.0/8";
        steps::say(&format!("- {}: not run, they need Linux ({why})", IN_THE_TEST.join(" and ")));
        return Ok(());
    }
    for command in IN_THE_TEST {
        let (succeeded, lines) = process::tee(program(postgres)?.args([command, "--short"]))?;
        tally.add(counts::of_report(command, &lines, succeeded));
    }
    Ok(())
}

/// `bench/`'s program, built, with all that it asks the environment for.
pub(crate) fn program(postgres: &Running) -> Result<Command> {
    // A folder of its own, apart from the server's: 78 small ones of the 138 crates that it needs would be the same there
    // (`cargo tree`, 2026-11-28); libc, tokio, hyper and sqlx have other features, and would be compiled twice all the same.
    let target = paths::target().join("stand");
    step("What measures and breaks the server", |step| {
        let mut build = process::cargo();
        build.args(["build", "--locked", "--release", "--package", "bench", "--target-dir"]).arg(&target);
        process::build(step, &mut build)
    })?;
    let mut program = process::program(target.join("release/bench"));
    program.env("DATABASE_URL", postgres.url("postgres")).env("PG_BINDIR", &postgres.binaries().folder);
    program.env("SERVER_BIN", paths::server_binary()).env("LEPTOS_SITE_ROOT", paths::site());
    match valkey::bring() {
        Ok(valkey) => program.env("VALKEY_SERVER", valkey),
        Err(error) => bail!("{error:#}"),
    };
    steps::say("");
    Ok(program)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn takes(command: &str, words: &str) -> bool {
        are_taken(&help(command), &words.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn what_nobody_takes_is_refused_before_anything_is_built() {
        for (command, words) in [
            ("abuse", "--short"),
            ("abuse", "--minutes 2"),
            ("faults", "--short --only race --only=pool --kills 3 --seed=7 --out folder"),
            ("stand", ""),
        ] {
            assert!(takes(command, words), "{command} {words}");
        }
        for (command, words) in [
            ("abuse", "--shrt"),
            ("abuse", "--minutes"),
            ("abuse", "--minutes two"),
            ("faults", "--kills x"),
            ("faults", "--short=1"),
            ("faults", "race"),
            ("stand", "--short"),
        ] {
            assert!(!takes(command, words), "{command} {words}");
        }
    }

    #[test]
    fn each_says_of_itself_what_it_takes() {
        for (command, _) in SOURCES {
            assert!(help(command).lines().count() > 2 && help(command).contains("[--short]"), "{command}");
        }
    }
}
