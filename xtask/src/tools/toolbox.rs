//! Installs everything that `start`, `dev` and `test` build with.

use super::{cargo, npm};
use crate::steps::step;
use crate::{paths, process};
use anyhow::{Context, Result, anyhow, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

const TOOLS: &str = "xtask/npm/site";

/// The tools for the browser's half, at the versions that their lockfile pins.
pub(crate) struct Toolbox {
    packages: PathBuf,
}

impl Toolbox {
    pub(crate) const LOCKFILE: &str = "xtask/npm/site/package-lock.json";

    /// Installs the tools, fetches the sources of our dependencies, and runs `beside`: all of it waits for the network
    /// or the disk.
    pub(crate) fn bring<T: Send>(beside: impl FnOnce() -> Result<T> + Send) -> Result<(Self, T)> {
        add_wasm_target()?;
        thread::scope(|scope| {
            let beside = scope.spawn(beside);
            let sources = scope.spawn(fetch);
            let packages = step("Tools for the browser's files", |step| npm::install(TOOLS, step));
            let crashed = |_| anyhow!("a step crashed");
            let made = beside.join().map_err(crashed)??;
            sources.join().map_err(crashed)??;
            Ok((Self { packages: packages?.join("node_modules") }, made))
        })
    }

    pub(crate) fn wasm_opt(&self) -> PathBuf {
        self.packages.join(".bin/wasm-opt")
    }

    pub(crate) fn esbuild(&self) -> Result<PathBuf> {
        only(&self.packages.join("@esbuild"), "", "bin/esbuild")
    }

    pub(crate) fn lightningcss(&self) -> Result<PathBuf> {
        only(&self.packages, "lightningcss-cli-", "lightningcss")
    }

    /// Compiled in the clone whenever its version changes.
    pub(crate) fn wasm_bindgen() -> Result<PathBuf> {
        step("wasm-bindgen", |step| {
            let mut cargo = process::cargo();
            process::build(
                step,
                cargo.args(["build", "--locked", "--package", "bindgen", "--profile", "xtask"]),
            )
        })?;
        Ok(paths::target().join("xtask/wasm-bindgen"))
    }

    /// cargo-leptos, which finds its helpers on PATH by name.
    pub(crate) fn cargo_leptos(&self) -> Result<Command> {
        let folder = cargo::CARGO_LEPTOS.bring()?;
        let bindgen = Self::wasm_bindgen()?;
        let helpers = [bindgen.parent().map(Path::to_owned), Some(self.packages.join(".bin"))];
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = std::env::join_paths(helpers.into_iter().flatten().chain(std::env::split_paths(&path)))?;
        let mut command = process::program(folder.join("cargo-leptos"));
        command.arg("leptos").env("PATH", path).env("SQLX_OFFLINE", "true");
        Ok(command)
    }
}

/// npm installs the one package of several that fits this machine. Its program is called by its place: the wrapper
/// around it waits for an install script, and none is run.
fn only(folder: &Path, begins: &str, program: &str) -> Result<PathBuf> {
    for entry in fs::read_dir(folder).with_context(|| format!("{} cannot be read", folder.display()))? {
        let entry = entry?;
        let path = entry.path().join(program);
        if entry.file_name().to_string_lossy().starts_with(begins) && path.is_file() {
            return Ok(path);
        }
    }
    bail!("no {program} for this machine is in {}", folder.display())
}

fn fetch() -> Result<()> {
    step("Sources of our dependencies", |step| {
        process::build(step, process::cargo().args(["fetch", "--locked"]))
    })
}

/// Auto-install of what rust-toolchain.toml names may be off, so it is asked for.
fn add_wasm_target() -> Result<()> {
    let target = "wasm32-unknown-unknown";
    let list = process::output(process::program("rustup").args(["target", "list", "--installed"]))?;
    if list.lines().any(|line| line == target) {
        return Ok(());
    }
    step("Rust for the browser", |_| {
        process::output(process::program("rustup").args(["target", "add", target]))
            .map(drop)
            .context("rustup could not add the target wasm32-unknown-unknown")
    })
}
