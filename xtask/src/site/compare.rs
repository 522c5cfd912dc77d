//! `cargo xtask same-site`: does cargo-leptos make the same of the one description?

use super::browser::Browser;
use super::{Build, Description, rustflags};
use crate::setup::Toolbox;
use crate::steps::step;
use crate::{paths, prerequisites, process};
use anyhow::{Context, Result, bail};
use std::fs;
use std::process::ExitCode;

pub(crate) fn run() -> Result<ExitCode> {
    prerequisites::check()?;
    let (tools, ()) = Toolbox::bring(|| Ok(()))?;
    let build = Build::of_clone();
    let site = Description::read(build.tree)?;
    let ours = Browser { build: &build, site: &site, tools: &tools }.make()?;
    let mut leptos = tools.cargo_leptos()?;
    let root = paths::target().join("same-site");
    leptos.args(["build", "--release", "--frontend-only", "--cargo-locked"]).env("LEPTOS_SITE_ROOT", &root);
    // It takes the place of what cargo-leptos itself would say, and names the builder's folders as we do.
    rustflags::set(&mut leptos, build.tree, site.erased)?;
    step("The browser's files by cargo-leptos", |step| process::build(step, &mut leptos))?;
    step("WebAssembly and styles of the two builds", |step| {
        for ending in ["wasm", "css"] {
            let theirs = root.join(&site.folder).join(format!("{}.{ending}", site.name));
            let theirs = fs::read(&theirs).with_context(|| format!("{} was not made", theirs.display()))?;
            let ours = ours.built(ending)?;
            if rules(ending, &ours) != rules(ending, &theirs) {
                bail!("the two differ in {ending}: {} bytes here, {} there", ours.len(), theirs.len());
            }
        }
        step.detail("the same");
        Ok(())
    })?;
    Ok(ExitCode::SUCCESS)
}

/// A WebAssembly is compared byte by byte, styles rule by rule: the two hold different versions of Lightning CSS,
/// which end a rule with or without a semicolon as they please.
fn rules(ending: &str, content: &[u8]) -> Vec<String> {
    if ending == "wasm" {
        return vec![paths::sha256(content)];
    }
    let text = String::from_utf8_lossy(content);
    text.split_inclusive(['{', '}']).map(|rule| rule.trim().replace(";}", "}")).collect()
}
