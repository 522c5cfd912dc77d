//! `[[workspace.metadata.leptos]]`: one description for `cargo leptos` and for us.

use crate::process;
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use std::path::{Path, PathBuf};

/// Keys that only `cargo leptos watch`, `serve` and `end-to-end` read, and those whose value every build of ours
/// shares.
const NOT_FOR_US: &[&str] = &[
    "name",
    "site-addr",
    "reload-port",
    "watch-additional-files",
    "end2end-cmd",
    "end2end-dir",
    "hash-files",
    "style-bundle",
];

pub(super) struct Description {
    pub(super) server: String,
    pub(super) server_features: Vec<String>,
    pub(super) browser: String,
    pub(super) browser_features: Vec<String>,
    pub(super) browser_profile: String,
    pub(super) name: String,
    pub(super) root: PathBuf,
    pub(super) folder: String,
    pub(super) style: PathBuf,
    pub(super) assets: PathBuf,
    pub(super) browsers: String,
    pub(super) wasm_opt: Vec<String>,
    pub(super) erased: bool,
}

impl Description {
    pub(super) fn read(tree: &Path) -> Result<Self> {
        let mut cargo = process::cargo();
        cargo.args(["metadata", "--no-deps", "--locked", "--format-version", "1"]).current_dir(tree);
        let metadata: Value = serde_json::from_str(&process::output(&mut cargo)?)?;
        let found = metadata["metadata"]["leptos"].as_array().map(Vec::as_slice);
        let Some([Value::Object(site)]) = found else {
            bail!("Cargo.toml has not one [[workspace.metadata.leptos]]");
        };
        Self::of(tree, site.clone()).context("[[workspace.metadata.leptos]] in Cargo.toml")
    }

    fn of(tree: &Path, site: Map<String, Value>) -> Result<Self> {
        let mut site = Words(site);
        let described = Self {
            server: site.word("bin-package")?,
            server_features: site.features("bin")?,
            browser: site.word("lib-package")?,
            browser_features: site.features("lib")?,
            browser_profile: site.word("lib-profile-release")?,
            name: site.word("output-name")?,
            root: tree.join(site.word("site-root")?),
            folder: site.word("site-pkg-dir")?,
            style: tree.join(site.word("style-file")?),
            assets: tree.join(site.word("assets-dir")?),
            browsers: site.word("browserquery")?,
            wasm_opt: site.list("wasm-opt-features")?,
            erased: site.switch("always-erase-components")?,
        };
        // An ignored key would make the two builds differ.
        match site.0.keys().find(|key| !NOT_FOR_US.contains(&key.as_str())) {
            Some(key) => bail!("`{key}` is not known to xtask/src/site"),
            None => Ok(described),
        }
    }
}

/// The keys that have not been read yet.
struct Words(Map<String, Value>);

impl Words {
    fn take(&mut self, key: &str) -> Result<Value> {
        self.0.remove(key).with_context(|| format!("`{key}` is missing"))
    }

    fn word(&mut self, key: &str) -> Result<String> {
        let word = self.take(key)?.as_str().map(str::to_owned);
        word.with_context(|| format!("`{key}` is no text"))
    }

    fn switch(&mut self, key: &str) -> Result<bool> {
        self.take(key)?.as_bool().with_context(|| format!("`{key}` is neither true nor false"))
    }

    fn list(&mut self, key: &str) -> Result<Vec<String>> {
        let list = self.take(key)?;
        let words =
            list.as_array().and_then(|words| words.iter().map(Value::as_str).collect::<Option<Vec<_>>>());
        let words = words.with_context(|| format!("`{key}` is no list of texts"))?;
        Ok(words.into_iter().map(str::to_owned).collect())
    }

    /// One half's features, in the words of cargo.
    fn features(&mut self, half: &str) -> Result<Vec<String>> {
        let mut words = Vec::new();
        if !self.switch(&format!("{half}-default-features"))? {
            words.push("--no-default-features".to_owned());
        }
        let features = self.list(&format!("{half}-features"))?;
        if !features.is_empty() {
            words.extend(["--features".to_owned(), features.join(",")]);
        }
        Ok(words)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clone_s_own_description_is_understood() {
        let site = Description::read(crate::paths::root()).unwrap();
        assert_eq!((site.server.as_str(), site.browser.as_str()), ("server", "frontend"));
        assert_eq!(site.server_features, ["--no-default-features"]);
        assert!(site.erased && site.style.is_file() && site.assets.is_dir());
    }

    #[test]
    fn a_word_that_nothing_here_knows_is_refused() {
        let mut cargo = process::cargo();
        cargo.args(["metadata", "--no-deps", "--format-version", "1"]);
        let metadata: Value = serde_json::from_str(&process::output(&mut cargo).unwrap()).unwrap();
        let site = metadata["metadata"]["leptos"][0].as_object().unwrap();
        for (key, value) in [("tailwind-input-file", Some("a.css")), ("site-root", None)] {
            let mut site = site.clone();
            match value {
                Some(value) => drop(site.insert(key.into(), value.into())),
                None => drop(site.remove(key)),
            }
            let error = Description::of(Path::new("/"), site).err().unwrap();
            assert!(error.to_string().contains(key), "{error}");
        }
    }
}
