//! Running named tests in a copy of the project, which `scratch::set_apart` has set apart.

use super::browser;
use super::units::{self, Harness};
use super::verdicts::{self, Verdicts};
use crate::postgres::Running;
use crate::site::Build;
use crate::steps::Step;
use crate::tests::fault::{Test, Way};
use crate::tools::{Toolbox, valkey};
use crate::{interrupt, paths, process};
use anyhow::Result;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// A copy, and what its tests need.
pub(crate) struct Runner<'a> {
    pub(crate) tree: &'a Path,
    pub(crate) tools: &'a Toolbox,
    pub(crate) postgres: &'a Running,
}

/// What became of a run. A build that breaks is no red test.
pub(crate) enum Ran {
    Told(Verdicts),
    Unbuilt(String),
}

impl Runner<'_> {
    /// Runs tests of one way.
    pub(crate) fn run(&self, way: Way, tests: &[&Test], step: &mut Step) -> Result<Ran> {
        match way {
            Way::Crates => self.cargo(&[], tests, step),
            Way::Xtask => self.cargo(&["--package", "xtask"], tests, step),
            Way::Traces => self.cargo(&["--package", "traces"], tests, step),
            Way::Site => self.browser(tests, step),
        }
    }

    /// Never the tests of one crate alone: what it depends on would have other features, and be compiled anew.
    fn cargo(&self, packages: &[&str], tests: &[&Test], step: &mut Step) -> Result<Ran> {
        if let Err(error) = self.build(packages, step) {
            return unbuilt(&error);
        }
        let harness = Harness::find();
        let mut command = harness.command(packages);
        if harness == Harness::Nextest {
            command.args(["--message-format", "libtest-json", "--failure-output", "never"]);
            command.env("NEXTEST_EXPERIMENTAL_LIBTEST_JSON", "1");
            command.arg("--tool-config-file").arg(format!("xtask:{}", bounds()?.display()));
        }
        command.arg("--").args(tests.iter().map(|test| test.name()));
        self.inside(&mut command).env("DATABASE_URL", units::database(self.postgres));
        command.env("VALKEY_SERVER", valkey::bring()?);
        let (_, lines) = process::hear(step, command.env("PG_BINDIR", &self.postgres.binaries().folder))?;
        Ok(Ran::Told(verdicts::of_cargo(tests, &lines)))
    }

    /// nextest runs what cargo builds, and itself takes no `--no-run` beside its other words.
    pub(crate) fn build(&self, packages: &[&str], step: &mut Step) -> Result<()> {
        let mut build = Harness::Cargo.command(packages);
        process::build(step, self.inside(&mut build).arg("--no-run"))
    }

    fn browser(&self, tests: &[&Test], step: &mut Step) -> Result<Ran> {
        // Apart from the clone's: somebody may be using the server that lies there.
        let target = paths::target().join("prove/target");
        let build = Build { tree: self.tree, target, profile: paths::PROFILE };
        if let Err(error) = build.run(self.tools) {
            return unbuilt(&error);
        }
        let (server, site) = (build.server(), self.tree.join("target/site"));
        let titles: Vec<&str> = tests.iter().map(|test| test.name()).collect();
        let report = browser::report_of(&titles, &server, &site, self.postgres, step)?;
        verdicts::of_playwright(tests, &report).map(Ran::Told)
    }

    /// In the copy, built where the clone is, so that only our own crates are compiled anew.
    fn inside<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.current_dir(self.tree).env("CARGO_TARGET_DIR", paths::target()).env("SQLX_OFFLINE", "true")
    }
}

/// A fault may keep a test waiting for ever: under nextest it is red after five minutes.
fn bounds() -> Result<PathBuf> {
    let folder = paths::target().join("prove");
    fs::create_dir_all(&folder)?;
    let path = folder.join("nextest.toml");
    fs::write(&path, "[profile.default]\nslow-timeout = { period = \"60s\", terminate-after = 5 }\n")?;
    Ok(path)
}

fn unbuilt(error: &anyhow::Error) -> Result<Ran> {
    interrupt::check()?;
    Ok(Ran::Unbuilt(format!("{error:#}")))
}
