//! Brings everything that `start`, `dev` and `test` build with.

use crate::steps::step;
use crate::{interrupt, npm, process, tools};
use anyhow::{Context, Result, anyhow};
use std::path::PathBuf;
use std::process::Command;
use std::thread;

/// Folders with the tools at their pinned versions; they go before everything else on PATH.
pub(crate) struct Toolbox {
    folders: Vec<PathBuf>,
}

impl Toolbox {
    /// Brings the tools. `beside` runs while they compile: it must leave the processor to them.
    pub(crate) fn bring<T: Send>(beside: impl FnOnce() -> Result<T> + Send) -> Result<(Self, T)> {
        add_wasm_target()?;
        thread::scope(|scope| {
            // A compiler that goes on for minutes would hide that something else has failed already.
            let beside = scope.spawn(move || bring_beside(beside).inspect_err(|_| interrupt::stop()));
            // One after the other: two compilers on two cores take as long, and more memory.
            let tools: Result<Vec<_>> =
                [&tools::CARGO_LEPTOS, &tools::WASM_BINDGEN].into_iter().map(tools::Tool::bring).collect();
            let (wasm_opt, made) = beside.join().map_err(|_| anyhow!("a step crashed"))??;
            let mut folders = tools?;
            folders.push(wasm_opt);
            Ok((Self { folders }, made))
        })
    }

    /// Where a tool lies.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        let places = self.folders.iter().map(|folder| folder.join(name));
        places.into_iter().find(|path| path.exists()).unwrap_or_else(|| name.into())
    }

    /// cargo-leptos takes its helpers from PATH by name, whatever their version.
    pub(crate) fn on_path<'a>(&self, command: &'a mut Command) -> &'a mut Command {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let folders = self.folders.iter().cloned().chain(std::env::split_paths(&path));
        let path = std::env::join_paths(folders).unwrap_or(path);
        command.env("PATH", path)
    }
}

/// What waits for the network or the disk more than for the processor.
fn bring_beside<T>(beside: impl FnOnce() -> Result<T>) -> Result<(PathBuf, T)> {
    let made = beside()?;
    let wasm_opt = step("wasm-opt", |step| npm::install("xtask/npm/binaryen", step))?;
    step("Sources of our dependencies", |step| {
        process::build(step, process::cargo().args(["fetch", "--locked"]))
    })?;
    Ok((wasm_opt.join("node_modules/.bin"), made))
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
