//! Unit and integration tests.

use super::counts::{self, Tally};
use crate::postgres::{Kind, Running};
use crate::tools::python::Python;
use crate::tools::valkey;
use crate::{paths, process, steps};
use anyhow::Result;
use std::process::Command;

/// What cargo builds when it is told nothing, and this crate apart from it: xtask's needs would add features to
/// `libc` and so have everything above it compiled twice. Nor is `traces` in the usual build.
pub(crate) const NATIVE: &[&[&str]] = &[&[], &["--package", "xtask"], &["--package", "traces"]];

/// nextest where it is installed and its report is needed, else what cargo itself has.
#[derive(Clone, Copy, PartialEq)]
pub(crate) enum Harness {
    Nextest,
    Cargo,
}

impl Harness {
    pub(crate) fn find() -> Self {
        let found = process::succeeds(process::cargo().args(["nextest", "--version"]));
        if found { Self::Nextest } else { Self::Cargo }
    }

    /// The tests of the crates that `packages` selects.
    pub(crate) fn command(self, packages: &[&str]) -> Command {
        let mut command = process::cargo();
        match self {
            Self::Nextest => {
                command.args(["nextest", "run", "--locked", "--no-fail-fast", "--no-tests", "pass"])
            }
            Self::Cargo => command.args(["test", "--locked", "--no-fail-fast", "--lib", "--bins", "--tests"]),
        };
        command.args(packages);
        command
    }
}

pub(crate) fn run(pattern: Option<&str>, postgres: &Running, tally: &mut Tally) -> Result<()> {
    steps::say("\n… Unit and integration tests");
    // For tests that replay clients written in Python or ask verifiers of passkeys, and for two proxies; all others need
    // none.
    let python = Python::bring().map(|python| python.path("python"));
    let valkey = valkey::bring();
    for (program, tried) in [("nginx", "its sample in deploy/proxies"), ("pgbouncer", "what holds behind it")]
    {
        if !["", "/usr/sbin/"].iter().any(|folder| is_there(&format!("{folder}{program}"))) {
            let install = format!("on Debian: apt-get install {program}");
            steps::say(&format!("- {program}: there is none, so {tried} is not tried ({install})"));
        }
    }
    if !postgres.binaries().folder.join("pg_dump").is_file() {
        let why = "an npm package holds the server alone";
        steps::say(&format!(
            "- pg_dump: there is none, so backup and restore are not tried ({why}; PG_BINDIR names others)"
        ));
    }
    for packages in NATIVE {
        // nextest gives each test a process and its own connections: a fifth more work for the same tests.
        let mut tests = Harness::Cargo.command(packages);
        tests.args(pattern).env("DATABASE_URL", database(postgres));
        if let Ok(python) = &python {
            tests.env("DOORSTEP_PYTHON", python);
        }
        if let Ok(valkey) = &valkey {
            tests.env("VALKEY_SERVER", valkey);
        }
        count(tests.env("PG_BINDIR", &postgres.binaries().folder), tally)?;
    }
    tally.check_build(python.map(drop))?;
    tally.check_build(valkey.map(drop))?;
    // A run of its own: with `--tests`, cargo leaves the examples in the documentation out.
    let mut examples = process::cargo();
    count(examples.args(["test", "--locked", "--doc"]).args(pattern), tally)
}

fn is_there(program: &str) -> bool {
    process::succeeds(process::program(program).arg("-V"))
}

fn count(command: &mut Command, tally: &mut Tally) -> Result<()> {
    let (succeeded, lines) = process::tee(command.current_dir(paths::root()))?;
    let mut found = counts::of_cargo(&lines);
    // A build that breaks runs no tests, and must not look like a success.
    if !succeeded && found.failed == 0 {
        found.fail(&format!("{} failed", process::name(command)));
    }
    tally.add(found);
    Ok(())
}

/// Where tests make their databases: never in the one that `DATABASE_URL` names.
pub(crate) fn database(postgres: &Running) -> String {
    std::env::var("TEST_DATABASE_URL")
        .ok()
        .filter(|url| !url.is_empty())
        .unwrap_or_else(|| postgres.url(Kind::Test.database()))
}
