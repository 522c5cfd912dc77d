//! The server tested against its own description, by programs that read nothing else.

use crate::lock::Lock;
use crate::postgres::{Cluster, Kind, Running};
use crate::site::bundle;
use crate::tools::Toolbox;
use crate::tools::python::Python;
use crate::{paths, process, steps};
use anyhow::{Result, bail};
use std::process::ExitCode;

const PROGRAM: &str = "server/tests/schema/run.py";
/// The most cases a call gets while fuzzing: about 1,500 in all, in a minute.
const SHORT: u32 = 5;
/// More than 20,000 in all.
pub(crate) const LONG: u32 = 700;

/// `cargo xtask schema`: the long form.
pub(crate) fn run(cases: u32) -> Result<ExitCode> {
    let _lock = Lock::take("test")?;
    let (tools, postgres) = Toolbox::bring(|| Cluster::open(Kind::Test)?.start())?;
    let python = Python::bring()?;
    bundle::build(&tools)?;
    against(&python, &postgres, cases)?;
    Ok(ExitCode::SUCCESS)
}

/// The short form, as one of the tests.
pub(crate) fn check(postgres: &Running) -> Result<()> {
    against(&Python::bring()?, postgres, SHORT)
}

fn against(python: &Python, postgres: &Running, cases: u32) -> Result<()> {
    steps::say("\n… The API against its description");
    let mut program = python.program("python");
    program.arg(paths::root().join(PROGRAM)).arg(paths::server_binary()).arg(paths::site());
    program.arg(cases.to_string()).env("DATABASE_URL", postgres.fresh_database("doorstep_schema")?);
    let (succeeded, _) = process::tee(&mut program)?;
    if !succeeded {
        bail!("the API is not what its description says");
    }
    Ok(())
}
