//! `cargo xtask dev`: the same set-up as `start`, then rebuild and reload on each change.

use crate::args::ServeOptions;
use crate::process::{self, Job};
use crate::start::{AS_SEEDS, Ready};
use crate::{interrupt, steps};
use anyhow::{Result, bail};
use std::process::ExitCode;

pub(crate) fn run(options: &ServeOptions) -> Result<ExitCode> {
    let ready = Ready::bring(options)?;
    if options.as_seeds {
        steps::say(AS_SEEDS);
    }
    steps::say(&format!("\nBuilding, then serving at {}; Ctrl-C stops it.\n", ready.place.url()));
    let mut watch = process::program(ready.tools.program("cargo-leptos"));
    watch.args(["leptos", "watch"]).env("SQLX_OFFLINE", "true");
    ready.place.settings(ready.tools.on_path(&mut watch));
    let status = Job::spawn(&mut watch)?.wait()?;
    interrupt::check()?;
    if !status.success() {
        bail!("cargo leptos watch ended: {status}");
    }
    Ok(ExitCode::SUCCESS)
}
