//! `cargo xtask same-site`: does cargo-leptos build the same site from the one description?

use super::frontend::Frontend;
use super::{Build, Description, rustflags};
use crate::steps::step;
use crate::tools::{Toolbox, prerequisites};
use crate::{paths, process};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

pub(crate) fn run() -> Result<ExitCode> {
    prerequisites::check()?;
    let (tools, ()) = Toolbox::bring(|| Ok(()))?;
    let build = Build::of_clone();
    let site = Description::read(build.tree)?;
    let ours = Frontend { build: &build, site: &site, tools: &tools }.make()?;
    let mut leptos = tools.cargo_leptos()?;
    let root = paths::target().join("same-site");
    leptos.args(["build", "--release", "--frontend-only", "--cargo-locked"]).env("LEPTOS_SITE_ROOT", &root);
    // It takes the place of what cargo-leptos itself would say, and names the builder's folders as we do.
    rustflags::set(&mut leptos, build.tree, site.erased)?;
    step("The browser's files by cargo-leptos", |step| process::build(step, &mut leptos))?;
    step("WebAssembly and styles of the two builds", |step| {
        let theirs = |ending| root.join(&site.folder).join(format!("{}.{ending}", site.name));
        same("WebAssembly", &read(&ours.built("wasm")?)?, &read(&theirs("wasm"))?)?;
        let plain = |styles: &Path| plain(&tools, &site, styles);
        same("styles", &plain(&ours.built("css")?)?, &plain(&theirs("css"))?)?;
        step.detail("the same");
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

fn same(what: &str, ours: &[u8], theirs: &[u8]) -> Result<()> {
    if ours != theirs {
        bail!("the two differ in their {what}: {} bytes here, {} there", ours.len(), theirs.len());
    }
    Ok(())
}

fn read(file: &Path) -> Result<Vec<u8>> {
    fs::read(file).with_context(|| format!("{} was not made", file.display()))
}

/// Styles in one notation: the two builds hold different versions of Lightning CSS, which write one colour in several
/// ways.
fn plain(tools: &Toolbox, site: &Description, styles: &Path) -> Result<Vec<u8>> {
    let mut lightning = process::program(tools.lightningcss()?);
    lightning.args(["--minify", "--targets", &site.browsers]).arg(styles);
    Ok(process::output(&mut lightning)?.into_bytes())
}
