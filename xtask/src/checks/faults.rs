//! Does each planted fault still apply? `cargo xtask prove` checks that the tests notice it.

use crate::steps::step;
use crate::tests::fault;
use crate::{paths, process};
use anyhow::{Result, bail};
use std::process::Command;

pub(crate) fn check() -> Result<()> {
    step("Planted faults", |step| {
        let faults = fault::read(&[])?;
        let mut wrong = Vec::new();
        for fault in &faults {
            let mut git = Command::new("git");
            git.current_dir(paths::root()).args(["apply", "--check"]).arg(&fault.patch);
            if let Err(error) = process::output(&mut git) {
                wrong.push(format!(
                    "faults/{}.patch does not apply any more: cut it anew\n{error:#}",
                    fault.name
                ));
            }
        }
        if !wrong.is_empty() {
            bail!("{}", wrong.join("\n"));
        }
        step.detail(format!("{} apply", faults.len()));
        Ok(())
    })
}
