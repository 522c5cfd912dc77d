//! The server and its site: built when something has changed, and checked against a size budget.

use crate::site::Build;
use crate::tools::{Toolbox, prerequisites};
use crate::{paths, process, stamp, steps};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

/// All that a build reads.
const INPUTS: &[&str] = &[
    "app",
    "server",
    "frontend",
    "crates",
    "locales",
    "migrations",
    "style",
    "public",
    ".sqlx",
    ".cargo",
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "xtask/bindgen",
    "xtask/npm/site",
    "xtask/src/site",
    "xtask/src/tools",
];

/// What a browser fetches before a stranger can sign in, compressed: hardly less with the pages of an account. Without
/// link-time optimisation it is 20 kB more, which must not fit in.
const BUDGET: u64 = 215_000;

/// `cargo xtask build`: the build and nothing else.
pub(crate) fn run(dist: bool) -> Result<ExitCode> {
    prerequisites::check()?;
    let (tools, ()) = Toolbox::bring(|| Ok(()))?;
    let clone = Build::of_clone();
    unless_fresh(&if dist { Build { profile: paths::DIST, ..clone } } else { clone }, &tools)?;
    Ok(ExitCode::SUCCESS)
}

/// Builds server and site unless nothing has changed since the last time.
pub(crate) fn build(tools: &Toolbox) -> Result<()> {
    unless_fresh(&Build::of_clone(), tools)
}

fn unless_fresh(build: &Build<'_>, tools: &Toolbox) -> Result<()> {
    let outputs = [build.server(), build.names(), paths::site()];
    let note = paths::target().join(format!("{}-build.stamp", build.profile));
    let inputs = stamp::of_inputs(paths::root(), INPUTS, &words()?)?;
    let fresh = || -> Result<String> { Ok(format!("{inputs}\n{}\n", stamp::of_outputs(&outputs)?)) };
    if fs::read_to_string(&note).is_ok_and(|noted| fresh().is_ok_and(|fresh| noted == fresh)) {
        steps::say("✓ Release build: nothing has changed");
        return Ok(());
    }
    build.run(tools)?;
    fs::write(note, fresh()?)?;
    Ok(())
}

/// What affects a build besides our files.
fn words() -> Result<Vec<String>> {
    let rustc = process::output(process::program("rustc").arg("-vV"))?;
    let ours = |name: &str| name.ends_with("RUSTFLAGS") || name.starts_with("CARGO_PROFILE_");
    let mut settings: Vec<String> = std::env::vars_os()
        .map(|(name, value)| (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned()))
        .filter(|(name, _)| ours(name))
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    settings.sort();
    Ok([rustc].into_iter().chain(settings).collect())
}

/// The size of the signed-out bundle as it travels, against its budget.
pub(crate) fn check_budget() -> Result<()> {
    steps::step("Size of the browser's bundle", |step| {
        let mut total = 0;
        let mut parts = Vec::new();
        for path in compressed()? {
            let size = fs::metadata(&path)?.len();
            total += size;
            let kind = path.with_extension("").extension().unwrap_or_default().to_string_lossy().into_owned();
            parts.push(format!("{kind} {}", kilobytes(size)));
        }
        step.detail(format!(
            "{} of {} with brotli ({})",
            kilobytes(total),
            kilobytes(BUDGET),
            parts.join(", ")
        ));
        if total == 0 {
            bail!("no compressed files were built");
        }
        if total > BUDGET {
            bail!("the bundle is {} over its budget", kilobytes(total - BUDGET));
        }
        Ok(())
    })
}

/// The brotli files of WASM, JS and CSS.
fn compressed() -> Result<Vec<PathBuf>> {
    let folder = paths::site().join("pkg");
    let found = stamp::files(&folder).with_context(|| format!("{} cannot be read", folder.display()))?;
    let ours = |path: &PathBuf| {
        let name = path.to_string_lossy();
        [".wasm.br", ".js.br", ".css.br"].iter().any(|ending| name.ends_with(ending))
    };
    Ok(found.into_iter().filter(ours).collect())
}

fn kilobytes(bytes: u64) -> String {
    format!("{}.{} kB", bytes / 1_000, bytes % 1_000 / 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_read_well() {
        assert_eq!(kilobytes(250_000), "250.0 kB");
        assert_eq!(kilobytes(1_250), "1.2 kB");
    }
}
