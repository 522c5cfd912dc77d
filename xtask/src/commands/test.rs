//! `cargo xtask test`: every check and test, added up in the last line.

use super::stand;
use crate::checks::{arrows, documents, faults, generate, lints, quotes, settings, sizes};
use crate::guides::{self, FIRST_FIELD, FIRST_PAGE};
use crate::lock::Lock;
use crate::postgres::{Cluster, Kind, Running};
use crate::site::bundle;
use crate::supply;
use crate::tests::{Tally, browser, schema, units};
use crate::tools::{Toolbox, prerequisites};
use crate::{interrupt, steps};
use anyhow::{Result, bail};
use std::process::ExitCode;
use std::time::Instant;

pub(crate) fn run(pattern: Option<&str>) -> Result<ExitCode> {
    let began = Instant::now();
    let mut tally = Tally::default();
    // If the tests cannot run, that is one failure, and the last line says so.
    let ran = proven(pattern, &mut tally);
    tally.check_build(ran)?;
    steps::say(&format!("\nAfter {}:", steps::took(began.elapsed())));
    Ok(tally.conclude())
}

fn proven(pattern: Option<&str>, tally: &mut Tally) -> Result<()> {
    let _lock = Lock::take("test")?;
    prerequisites::check()?;
    let (tools, postgres) = Toolbox::bring(|| Cluster::open(Kind::Test)?.start())?;
    match pattern {
        Some(pattern) => matching(pattern, &tools, &postgres, tally),
        None => everything(&tools, &postgres, tally),
    }
}

fn everything(tools: &Toolbox, postgres: &Running, tally: &mut Tally) -> Result<()> {
    tally.check(lints::format())?;
    tally.check(lints::lockfile())?;
    tally.check(sizes::check())?;
    tally.check(documents::check())?;
    tally.check(faults::check())?;
    tally.check(quotes::check())?;
    tally.check(settings::check())?;
    tally.check(arrows::check())?;
    tally.check(supply::check())?;
    tally.check(lints::clippy_native())?;
    tally.check(lints::clippy_traces())?;
    tally.check(lints::clippy_browser())?;
    tally.check(generate::check(postgres))?;
    units::run(None, postgres, tally)?;
    tally.check(guides::check(&[FIRST_PAGE, FIRST_FIELD], tools, postgres))?;
    // Without a build, browser tests have nothing to test.
    if tally.check(bundle::build(tools))? {
        tally.check(bundle::check_budget())?;
        tally.check(browser::check_types())?;
        tally.check(schema::check(postgres))?;
        let attacked = stand::short(postgres, tally);
        tally.check_build(attacked)?;
        browser::run(None, postgres, tally)?;
    }
    Ok(())
}

/// Only the tests whose names match, and only the builds they need.
fn matching(pattern: &str, tools: &Toolbox, postgres: &Running, tally: &mut Tally) -> Result<()> {
    units::run(Some(pattern), postgres, tally)?;
    if browser::any(pattern)? && tally.check_build(bundle::build(tools))? {
        browser::run(Some(pattern), postgres, tally)?;
    }
    if *tally == Tally::default() {
        bail!("no test's name holds `{pattern}`");
    }
    interrupt::check()
}
