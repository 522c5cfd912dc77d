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

/// Builds server and site, and runs one of them.
pub(crate) fn run(command: &str, words: &[String]) -> Result<ExitCode> {
    let _lock = Lock::take("test")?;
    prerequisites::check()?;
    let (tools, postgres) = Toolbox::bring(|| Cluster::open(Kind::Test)?.start())?;
    bundle::build(&tools)?;
    let (succeeded, _) = process::tee(program(&postgres)?.arg(command).args(words))?;
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The short forms against the server that was built before: each row of their reports counts as a test.
pub(crate) fn short(postgres: &Running, tally: &mut Tally) -> Result<()> {
    for command in IN_THE_TEST {
        let (succeeded, lines) = process::tee(program(postgres)?.args([command, "--short"]))?;
        tally.add(counts::of_report(command, &lines, succeeded));
    }
    Ok(())
}

/// `bench/`'s program, built, with all that it asks the environment for.
pub(crate) fn program(postgres: &Running) -> Result<Command> {
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
