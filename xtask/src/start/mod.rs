//! `cargo xtask start`: from a bare machine to a page.

pub(crate) mod dev;
/// The server's own file, so that both read `.env` alike. It needs only std, so it costs no crate.
#[path = "../../../server/src/config/dotenv.rs"]
mod dotenv;
mod environment;
mod port;
mod settings;
mod target;

pub(crate) use environment::ServeOptions;

use crate::site::bundle;
use crate::steps;
use anyhow::Result;
use environment::{AS_SEEDS, Environment};
use std::process::ExitCode;
use std::time::Instant;

pub(crate) fn run(options: &ServeOptions) -> Result<ExitCode> {
    let began = Instant::now();
    let environment = Environment::bring(options)?;
    bundle::build(&environment.tools)?;
    environment.target.migrate()?;
    // Printed at once: the password could not be shown again if the server did not start.
    steps::say(&environment.target.first_admin()?);
    let (url, took) = (environment.target.url(), steps::took(began.elapsed()));
    let welcome = format!("\n  {url}\n\nReady after {took}. Ctrl-C stops it.");
    if options.as_seeds {
        steps::say(AS_SEEDS);
    }
    environment.target.serve(&welcome)?;
    Ok(ExitCode::SUCCESS)
}
