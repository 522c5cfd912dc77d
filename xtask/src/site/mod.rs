//! A release build: the server, and what it serves to browsers.
//!
//! It builds what `cargo leptos build --release` builds from the same description, without cargo-leptos, which takes
//! five minutes to compile.

pub(crate) mod bundle;
pub(crate) mod compare;
mod description;
mod files;
mod frontend;
mod rustflags;

use crate::steps::step;
use crate::tools::Toolbox;
use crate::{paths, process};
use anyhow::{Result, anyhow, bail};
use description::Description;
use frontend::Frontend;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread;

/// The build of one tree: the clone's own, or a copy's.
pub(crate) struct Build<'a> {
    pub(crate) tree: &'a Path,
    pub(crate) target: PathBuf,
    /// The server's.
    pub(crate) profile: &'static str,
}

impl Build<'_> {
    pub(crate) fn of_clone() -> Build<'static> {
        Build { tree: paths::root(), target: paths::target(), profile: paths::PROFILE }
    }

    pub(crate) fn server(&self) -> PathBuf {
        self.target.join(self.profile).join("server")
    }

    /// The names with their hashes, which the server looks for beside itself.
    pub(crate) fn names(&self) -> PathBuf {
        self.server().with_file_name("hash.txt")
    }

    /// The two halves side by side: where one is down to a last crate or a linker, the other has work for the
    /// second core.
    pub(crate) fn run(&self, tools: &Toolbox) -> Result<()> {
        let site = Description::read(self.tree)?;
        let files = thread::scope(|scope| {
            let server = scope.spawn(|| self.compile_server(&site));
            let files = Frontend { build: self, site: &site, tools }.make();
            server.join().map_err(|_| anyhow!("the server's build crashed"))??;
            files
        })?;
        // Only now, so that a failed build leaves a server and a site that belong together.
        files.install(&site.root, &self.names())
    }

    fn compile_server(&self, site: &Description) -> Result<()> {
        step("Server", |step| {
            let mut cargo = self.cargo(site)?;
            cargo.args(["--package", &site.server, "--bin", &site.server, "--profile", self.profile]);
            cargo.args(&site.server_features);
            let expected = crates(self.tree, &["-p", &site.server]);
            process::build_of(step, &mut cargo, expected)
        })?;
        if !self.server().is_file() {
            bail!("cargo built no {}", self.server().display());
        }
        Ok(())
    }

    /// `cargo build`, as both halves want it.
    fn cargo(&self, site: &Description) -> Result<Command> {
        let mut cargo = process::cargo();
        cargo.args(["build", "--locked"]).current_dir(self.tree);
        cargo.env("CARGO_TARGET_DIR", &self.target).env("SQLX_OFFLINE", "true");
        rustflags::set(&mut cargo, self.tree, site.erased)?;
        Ok(cargo)
    }
}

/// How many crates a build needs, for the progress shown.
fn crates(tree: &Path, words: &[&str]) -> usize {
    let mut cargo = process::cargo();
    cargo.args(["tree", "--locked", "-e", "normal,build", "--prefix", "none", "--format", "{p}"]);
    let tree = process::output(cargo.args(words).current_dir(tree)).unwrap_or_default();
    tree.lines().map(|line| line.trim_end_matches(" (*)")).collect::<BTreeSet<_>>().len()
}
