//! `cargo xtask arrows`: which dependencies are allowed, between the crates and inside each.

mod circles;
mod crates;
mod modules;

pub(crate) use circles::of_tree as circles;
pub(crate) use crates::of_tree as of_crates;

use crate::paths;
use crate::steps::step;
use anyhow::{Result, bail};
use std::process::ExitCode;

pub(crate) fn run() -> Result<ExitCode> {
    check()?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check() -> Result<()> {
    step("Arrows between the crates", |step| {
        let (count, wrong) = of_crates(paths::root())?;
        step.detail(format!("{count} edges"));
        none(&wrong)
    })?;
    step("Circles of files", |_| none(&circles(paths::root())?))
}

fn none(wrong: &[String]) -> Result<()> {
    if wrong.is_empty() { Ok(()) } else { bail!("{}", wrong.join("\n")) }
}
