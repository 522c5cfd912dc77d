//! The browser's half: a WebAssembly, the script that loads it, and the styles.

use super::files::Files;
use super::{Build, Description, crates};
use crate::steps::{Step, step};
use crate::tools::Toolbox;
use crate::{paths, process};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};

const TARGET: &str = "wasm32-unknown-unknown";

pub(super) struct Frontend<'a> {
    pub(super) build: &'a Build<'a>,
    pub(super) site: &'a Description,
    pub(super) tools: &'a Toolbox,
}

impl Frontend<'_> {
    pub(super) fn make(&self) -> Result<Files> {
        let bindgen = Toolbox::wasm_bindgen()?;
        step("The browser's program", |step| self.compile(step))?;
        step("The browser's files", |step| {
            let bound = self.bind(&bindgen)?;
            let (script, wasm) =
                (bound.join(self.file("js")), bound.join(format!("{}_bg.wasm", self.site.name)));
            step.progress("wasm-opt");
            let wasm = self.optimise(&wasm, step)?;
            let script = self.minify(&script)?;
            let styles = self.styles()?;
            step.progress("compressing");
            let files = Files::new(self.site)?;
            for (ending, file) in [("js", &script), ("wasm", &wasm), ("css", &styles)] {
                files.add(&self.site.name, ending, file)?;
            }
            files.compress(&self.work("compressed")?)
        })
    }

    fn compile(&self, step: &mut Step) -> Result<()> {
        let mut cargo = self.build.cargo(self.site)?;
        cargo.args(["--package", &self.site.browser, "--lib", "--target", TARGET]);
        cargo.args(["--profile", &self.site.browser_profile]).args(&self.site.browser_features);
        let expected = crates(self.build.tree, &["-p", &self.site.browser, "--target", TARGET]);
        process::build_of(step, &mut cargo, expected)
    }

    fn bind(&self, bindgen: &Path) -> Result<PathBuf> {
        let built = self.build.target.join(TARGET).join(&self.site.browser_profile);
        let wasm = built.join(format!("{}.wasm", self.site.browser.replace('-', "_")));
        let bound = self.work("bound")?;
        fs::remove_dir_all(&bound)?;
        let mut command = process::program(bindgen);
        command.args(["--target", "web", "--out-name", &self.site.name, "--out-dir"]).arg(&bound).arg(wasm);
        process::output(&mut command)?;
        if bound.join("snippets").exists() {
            bail!("wasm-bindgen made scripts of a crate's own, and the site has no place for them yet");
        }
        Ok(bound)
    }

    /// The slowest tool; its output is kept as long as its input and settings stay the same.
    fn optimise(&self, wasm: &Path, step: &mut Step) -> Result<PathBuf> {
        let words = self.site.wasm_opt.join(" ");
        let made_with = fs::read(paths::root().join(Toolbox::LOCKFILE))?;
        let parts = [fs::read(wasm)?, words.into_bytes(), made_with].map(|part| paths::sha256(&part));
        let folder = self.work("optimised")?;
        let kept = folder.join(paths::sha256(parts.concat().as_bytes())).with_extension("wasm");
        if kept.is_file() {
            return Ok(kept);
        }
        for old in fs::read_dir(&folder)? {
            fs::remove_file(old?.path())?;
        }
        let making = kept.with_extension("making");
        let mut wasm_opt = process::program(self.tools.wasm_opt());
        process::build(step, wasm_opt.args(&self.site.wasm_opt).arg(wasm).arg("-o").arg(&making))?;
        fs::rename(making, &kept)?;
        Ok(kept)
    }

    fn minify(&self, script: &Path) -> Result<PathBuf> {
        let made = self.work("minified")?.join(self.file("js"));
        let mut esbuild = process::program(self.tools.esbuild()?);
        esbuild.args(["--minify", "--format=esm", "--log-level=warning"]).arg(script);
        process::output(esbuild.arg(outfile(&made)))?;
        Ok(made)
    }

    fn styles(&self) -> Result<PathBuf> {
        let made = self.work("minified")?.join(self.file("css"));
        let mut lightning = process::program(self.tools.lightningcss()?);
        lightning.args(["--bundle", "--minify", "--targets", &self.site.browsers]).arg(&self.site.style);
        process::output(lightning.arg("--output-file").arg(&made))?;
        Ok(made)
    }

    fn file(&self, ending: &str) -> String {
        format!("{}.{ending}", self.site.name)
    }

    /// A folder for intermediate files.
    fn work(&self, name: &str) -> Result<PathBuf> {
        let folder = self.build.target.join("site-parts").join(name);
        fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(folder)
    }
}

fn outfile(made: &Path) -> std::ffi::OsString {
    let mut word = std::ffi::OsString::from("--outfile=");
    word.push(made);
    word
}
