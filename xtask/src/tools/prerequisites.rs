//! What a machine must have before anything else can be installed.

use crate::tools::version;
use crate::{process, steps};
use anyhow::{Result, bail};
use std::process::Command;

const LEAST_NODE: u32 = 20;
const LEAST_NPM: u32 = 10;

/// The programs that everything needs.
pub(crate) fn check() -> Result<()> {
    steps::step("Node, npm, rustup and a C compiler", |step| {
        let node = at_least("node", LEAST_NODE, "Node.js", "https://nodejs.org")?;
        let npm = at_least("npm", LEAST_NPM, "npm", "it comes with Node.js")?;
        if !present("rustup") {
            bail!(
                "rustup is missing: install it from https://rustup.rs (rustc alone cannot build for the browser)"
            );
        }
        if !present("cc") {
            bail!(
                "a C compiler is missing: install one (Debian: apt-get install build-essential; macOS: xcode-select --install)"
            );
        }
        step.detail(format!("Node {node}, npm {npm}"));
        Ok(())
    })
}

/// What cargo-leptos from source needs besides: it builds OpenSSL.
pub(crate) fn check_for_source_builds() -> Result<()> {
    for program in ["make", "perl"] {
        if !present(program) {
            bail!(
                "{program} is missing, and cargo-leptos is built from source with it: install it (Debian: apt-get install make perl)"
            );
        }
    }
    Ok(())
}

fn at_least(program: &str, least: u32, name: &str, from: &str) -> Result<String> {
    let Ok(printed) = process::output(process::program(program).arg("--version")) else {
        bail!("{name} is missing: install {name} {least} or newer ({from})");
    };
    let found = printed.trim().trim_start_matches('v').to_owned();
    match version::major(&printed) {
        Some(major) if major >= least => Ok(found),
        _ => bail!("{name} {found} is too old: install {name} {least} or newer ({from})"),
    }
}

fn present(program: &str) -> bool {
    process::succeeds(Command::new("sh").args(["-c", &format!("command -v {program}")]))
}
