//! The venv of the FastAPI service that is measured beside the server, in target/.

use crate::steps::step;
use crate::tools::python::system_python;
use crate::{paths, process};
use anyhow::{Context, Result};
use std::fs;
use std::path::PathBuf;

const REQUIREMENTS: &str = "bench/peers/fastapi/requirements.txt";
/// Written last, so that half a venv is never taken for a whole one.
const STAMP: &str = "doorstep.stamp";

/// Its Python, once all that `requirements.txt` names is there.
pub(super) fn bring() -> Result<PathBuf> {
    let requirements = paths::root().join(REQUIREMENTS);
    let wanted = paths::sha256(&fs::read(&requirements)?);
    let home = paths::target().join("bench-venv");
    let (python, stamp) = (home.join("bin/python"), home.join(STAMP));
    if fs::read_to_string(&stamp).is_ok_and(|found| found == wanted)
        && process::succeeds(process::program(&python).arg("--version"))
    {
        return Ok(python);
    }
    step("The FastAPI service", |step| {
        if home.exists() {
            fs::remove_dir_all(&home)?;
        }
        let mut venv = process::program(system_python()?);
        process::output(venv.args(["-m", "venv"]).arg(&home))
            .context("python3 could not make a venv; on Debian install python3-venv")?;
        let mut pip = process::program(&python);
        pip.args(["-m", "pip", "install", "--disable-pip-version-check", "--no-deps", "-r"]);
        process::build(step, pip.arg(&requirements))?;
        Ok(fs::write(&stamp, &wanted)?)
    })?;
    Ok(python)
}
