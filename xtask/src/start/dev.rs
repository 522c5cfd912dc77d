//! `cargo xtask dev`: the same set-up as `start`, then rebuild and reload on each change.

use super::environment::{AS_SEEDS, Environment, ServeOptions};
use crate::process::Job;
use crate::{interrupt, steps};
use anyhow::{Result, bail};
use std::process::ExitCode;

pub(crate) fn run(options: &ServeOptions) -> Result<ExitCode> {
    let mut environment = Environment::bring(options)?;
    environment.target.migrate_at_each_start();
    let mut watch = environment.tools.cargo_leptos()?;
    if options.as_seeds {
        steps::say(AS_SEEDS);
    }
    steps::say(&format!("\nBuilding, then serving at {}; Ctrl-C stops it.\n", environment.target.url()));
    environment.target.settings(watch.arg("watch"));
    let status = Job::spawn(&mut watch)?.wait()?;
    interrupt::check()?;
    if !status.success() {
        bail!("cargo leptos watch ended: {status}");
    }
    Ok(ExitCode::SUCCESS)
}
