//! cargo-deny, by `deny.toml`.

use crate::process;
use crate::steps::Step;
use crate::tools::python::Python;
use anyhow::{Context, Result};
use std::time::Duration;

/// They need no network.
const ALWAYS: &[&str] = &["bans", "licenses", "sources"];

/// How long the database of advisories may say nothing while it is fetched.
const FETCH: Duration = Duration::from_mins(1);

pub(super) fn all(python: &Python) -> Result<()> {
    run(python, ALWAYS)?;
    run(python, &["advisories"])
}

/// Advisories come from a host of their own, which not every network reaches.
pub(super) fn what_is_reached(python: &Python, step: &mut Step) -> Result<()> {
    run(python, ALWAYS)?;
    let mut fetch = python.program("cargo-deny");
    // A network that answers nothing holds nobody up.
    if process::succeeds_within(FETCH, fetch.args(["--locked", "fetch", "db"]))? {
        step.detail("bans, licences, sources, advisories");
        return run(python, &["advisories"]);
    }
    step.detail("bans, licences, sources; the database of advisories cannot be reached");
    Ok(())
}

fn run(python: &Python, checks: &[&str]) -> Result<()> {
    let mut deny = python.program("cargo-deny");
    let deny = deny.args(["--locked", "--log-level", "warn", "check", "--hide-inclusion-graph"]).args(checks);
    process::output(deny).map(drop).context("a dependency may not come in: see deny.toml")
}
