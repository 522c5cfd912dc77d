//! `cargo xtask arrows`: what may need what.

mod crates;

use crate::steps::step;
use anyhow::{Result, bail};
use std::process::ExitCode;

pub(crate) fn run() -> Result<ExitCode> {
    check()?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check() -> Result<()> {
    step("Arrows between the crates", |step| {
        let (count, wrong) = crates::arrows(crate::paths::root())?;
        if !wrong.is_empty() {
            bail!("{}", wrong.join("\n"));
        }
        step.detail(format!("{count} edges"));
        Ok(())
    })
}
