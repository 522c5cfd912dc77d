//! Checks that need only the compiler.

use crate::process;
use crate::steps::step;
use crate::tests::units::NATIVE;
use anyhow::{Context, Result};

pub(crate) fn format() -> Result<()> {
    step("Format", |_| {
        process::output(process::cargo().args(["fmt", "--check"])).map(drop).context("run `cargo fmt`")
    })
}

pub(crate) fn lockfile() -> Result<()> {
    step("Cargo.lock fits the manifests", |_| {
        process::output(process::cargo().args(["metadata", "--locked", "--format-version", "1"])).map(drop)
    })
}

/// All that runs on the server's side; the browser's side must not be built with it.
pub(crate) fn clippy_native() -> Result<()> {
    step("clippy, native", |step| {
        let bindgen: &[&str] = &["--package", "bindgen"];
        for packages in NATIVE.iter().chain([&bindgen]) {
            let mut clippy = process::cargo();
            clippy.args(["clippy", "--locked", "--all-targets"]).args(*packages);
            process::build(step, clippy.args(["--", "-D", "warnings"]))?;
        }
        Ok(())
    })
}

/// What is built only for those who want traces.
pub(crate) fn clippy_traces() -> Result<()> {
    step("clippy, with traces", |step| {
        let mut clippy = process::cargo();
        clippy.args(["clippy", "--locked", "--features", "server/otel", "--", "-D", "warnings"]);
        process::build(step, &mut clippy)
    })
}

pub(crate) fn clippy_browser() -> Result<()> {
    step("clippy, browser", |step| {
        let mut clippy = process::cargo();
        clippy.args(["clippy", "--locked", "-p", "frontend", "-p", "app", "--lib"]);
        clippy.args(["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]);
        process::build(step, &mut clippy)
    })
}
