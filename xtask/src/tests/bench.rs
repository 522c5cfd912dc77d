//! Running one named test in a copy of the project, which `scratch::set_apart` has set apart.

use super::browser;
use super::counts::{self, Tally};
use super::units::{self, Harness};
use crate::postgres::Running;
use crate::site::Build;
use crate::steps::Step;
use crate::tests::fault::Test;
use crate::tools::Toolbox;
use crate::{paths, process};
use anyhow::Result;
use std::path::Path;
use std::process::Command;

/// A copy, and what its tests need.
pub(crate) struct Bench<'a> {
    pub(crate) tree: &'a Path,
    pub(crate) tools: &'a Toolbox,
    pub(crate) postgres: &'a Running,
}

/// What a test says. A build that breaks is no red test.
pub(crate) enum Verdict {
    Green,
    Red,
    NoTest,
    DoesNotCompile(String),
}

impl Bench<'_> {
    pub(crate) fn run(&self, test: &Test, step: &mut Step) -> Result<Verdict> {
        match test {
            Test::Cargo { package, filter } => self.cargo(package, filter, step),
            Test::Browser { title } => self.browser(title, step),
        }
    }

    fn cargo(&self, package: &str, filter: &str, step: &mut Step) -> Result<Verdict> {
        let packages = ["-p", package];
        // nextest runs what cargo builds, and itself takes no `--no-run` beside its other words.
        let mut build = Harness::Cargo.command(&packages);
        if let Err(error) = process::build(step, self.inside(&mut build).arg("--no-run")) {
            return does_not_compile(&error);
        }
        let mut tests = Harness::find().command(&packages);
        self.inside(&mut tests).arg(filter).env("DATABASE_URL", units::database(self.postgres));
        let (_, lines) = process::hear(step, tests.env("PG_BINDIR", &self.postgres.binaries().folder))?;
        Ok(judge(counts::of_cargo(&lines)))
    }

    fn browser(&self, title: &str, step: &mut Step) -> Result<Verdict> {
        // Apart from the clone's: somebody may be using the server that lies there.
        let target = paths::target().join("prove/target");
        let build = Build { tree: self.tree, target };
        if let Err(error) = build.run(self.tools) {
            return does_not_compile(&error);
        }
        let (server, site) = (build.server(), self.tree.join("target/site"));
        browser::one(title, &server, &site, self.postgres, step).map(judge)
    }

    /// In the copy, built where the clone is, so that only our own crates are compiled anew.
    fn inside<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        command.current_dir(self.tree).env("CARGO_TARGET_DIR", paths::target()).env("SQLX_OFFLINE", "true")
    }
}

fn judge(tally: Tally) -> Verdict {
    match tally {
        Tally { failed: 1.., .. } => Verdict::Red,
        Tally { passed: 0, .. } => Verdict::NoTest,
        Tally { .. } => Verdict::Green,
    }
}

fn does_not_compile(error: &anyhow::Error) -> Result<Verdict> {
    crate::interrupt::check()?;
    let text = format!("{error:#}");
    let first = text.lines().find(|line| line.starts_with("error")).unwrap_or("the build failed");
    Ok(Verdict::DoesNotCompile(first.to_owned()))
}
