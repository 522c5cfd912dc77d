//! `cargo xtask start`: from a bare machine to a page.

pub(crate) mod dev;
/// The server's own file: one reader of `.env` cannot differ from itself. It is std alone, so it costs no crate.
#[path = "../../../server/src/config/dotenv.rs"]
mod dotenv;
mod environment;
mod port;
mod settings;
mod target;

use crate::args::ServeOptions;
use crate::site::bundle;
use crate::steps;
use anyhow::Result;
use environment::{AS_SEEDS, Ready};
use std::process::ExitCode;
use std::time::Instant;

pub(crate) fn run(options: &ServeOptions) -> Result<ExitCode> {
    let began = Instant::now();
    let ready = Ready::bring(options)?;
    bundle::build(&ready.tools)?;
    ready.place.migrate()?;
    // Said at once: nobody could ask for the password again if the server did not come up.
    steps::say(&ready.place.first_admin()?);
    let (url, took) = (ready.place.url(), steps::took(began.elapsed()));
    let welcome = format!("\n  {url}\n\nReady after {took}. Ctrl-C stops it.");
    if options.as_seeds {
        steps::say(AS_SEEDS);
    }
    ready.place.serve(&welcome)?;
    Ok(ExitCode::SUCCESS)
}
