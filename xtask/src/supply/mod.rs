//! What comes from others: whether it may (`cargo-deny`), and a list of it (an SBOM).

mod deny;
mod sbom;
mod tree;

use crate::steps;
use crate::steps::step;
use crate::tools::python::Python;
use anyhow::Result;
use std::process::ExitCode;

/// `cargo xtask deny`: all four checks, and no excuse.
pub(crate) fn deny() -> Result<ExitCode> {
    let python = Python::bring()?;
    step("Dependencies", |_| deny::all(&python))?;
    Ok(ExitCode::SUCCESS)
}

/// `cargo xtask sbom`: writes the list and says where it is.
pub(crate) fn sbom() -> Result<ExitCode> {
    let python = Python::bring()?;
    let file = step("SBOM", |step| sbom::written(&python, step))?;
    steps::say(&file.display().to_string());
    Ok(ExitCode::SUCCESS)
}

/// As one of the tests: advisories are looked at where they can be fetched.
pub(crate) fn check() -> Result<()> {
    let python = Python::bring()?;
    step("Dependencies", |step| deny::what_is_reached(&python, step))?;
    step("SBOM", |step| sbom::written(&python, step)).map(drop)
}
