//! The list of what is in the server and in the browser's half, in CycloneDX's form. The same sources give the same bytes, so
//! it holds no time and no number of its own.

use super::tree::{self, Crate, Graph};
use crate::steps::Step;
use crate::tools::python::Python;
use crate::{paths, process};
use anyhow::{Context, Result};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

/// What is shipped, and for what it is built.
const SHIPPED: &[(&str, &str)] =
    &[("server", "x86_64-unknown-linux-gnu"), ("frontend", "wasm32-unknown-unknown")];
/// Holds a list against CycloneDX's own schema.
const VALID: &str = "xtask/src/supply/valid.py";

/// Writes the list, which the schema accepts.
pub(super) fn written(python: &Python, step: &mut Step) -> Result<PathBuf> {
    let list = list()?;
    let file = paths::target().join("sbom.cdx.json");
    fs::write(&file, format!("{list:#}\n"))?;
    process::output(python.program("python").arg(VALID).arg(&file)).context("the SBOM is not valid")?;
    step.detail(format!("{} components", list["components"].as_array().map_or(0, Vec::len)));
    Ok(file)
}

fn list() -> Result<Value> {
    let (mut all, mut running) = (Graph::new(), Graph::new());
    for (package, target) in SHIPPED {
        for (crates, named) in tree::graph(package, target, "normal,build")? {
            all.entry(crates).or_default().extend(named);
        }
        running.extend(tree::graph(package, target, "normal,no-proc-macro")?);
    }
    let known = Known::read()?;
    let components: Vec<Value> =
        all.keys().map(|one| known.component(one, running.contains_key(one))).collect::<Result<_>>()?;
    let mut dependencies: Vec<Value> = all
        .iter()
        .map(|(one, named)| json!({ "ref": reference(one), "dependsOn": references(named) }))
        .collect();
    let shipped = all.keys().filter(|(name, _)| SHIPPED.iter().any(|(package, _)| package == name));
    dependencies.insert(0, json!({ "ref": "doorstep", "dependsOn": references(shipped) }));
    let version = env!("CARGO_PKG_VERSION");
    Ok(json!({
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "version": 1,
        "metadata": {
            "lifecycles": [{ "phase": "build" }],
            "component": { "type": "application", "bom-ref": "doorstep", "name": "doorstep", "version": version },
        },
        "components": components,
        "dependencies": dependencies,
    }))
}

fn references<'a>(crates: impl IntoIterator<Item = &'a Crate>) -> Vec<String> {
    crates.into_iter().map(reference).collect()
}

fn reference((name, version): &Crate) -> String {
    format!("pkg:cargo/{name}@{version}")
}

/// What cargo says of each crate.
struct Known {
    packages: BTreeMap<Crate, Value>,
    checksums: BTreeMap<Crate, String>,
}

impl Known {
    fn read() -> Result<Self> {
        let mut metadata = process::cargo();
        let metadata = process::output(metadata.args(["metadata", "--locked", "--format-version", "1"]))?;
        let metadata: Value = serde_json::from_str(&metadata)?;
        let packages = metadata["packages"].as_array().context("cargo names no packages")?.iter();
        let named = |package: &Value| {
            let word = |key: &str| package[key].as_str().unwrap_or_default().to_owned();
            ((word("name"), word("version")), package.clone())
        };
        let lock = fs::read_to_string(paths::root().join("Cargo.lock"))?;
        Ok(Self { packages: packages.map(named).collect(), checksums: checksums(&lock) })
    }

    fn component(&self, one: &Crate, runs: bool) -> Result<Value> {
        let package =
            self.packages.get(one).with_context(|| format!("cargo does not know {}", reference(one)))?;
        let (name, version) = one;
        let mut component = Map::new();
        let mut set = |key: &str, value: Value| drop(component.insert(key.to_owned(), value));
        set("type", "library".into());
        set("bom-ref", reference(one).into());
        set("name", name.clone().into());
        set("version", version.clone().into());
        // What only helps to build is in nothing that is shipped.
        set("scope", if runs { "required" } else { "excluded" }.into());
        if let Some(license) = package["license"].as_str() {
            set("licenses", json!([{ "expression": license.replace('/', " OR ") }]));
        }
        if let Some(checksum) = self.checksums.get(one) {
            set("hashes", json!([{ "alg": "SHA-256", "content": checksum }]));
            set("purl", reference(one).into());
        }
        if let Some(place) = package["repository"].as_str() {
            set("externalReferences", json!([{ "type": "vcs", "url": place }]));
        }
        Ok(component.into())
    }
}

/// Those of crates that came from the registry.
fn checksums(lock: &str) -> BTreeMap<Crate, String> {
    let word = |package: &str, key: &str| {
        let lines = package.lines().filter_map(|line| line.split_once(" = "));
        lines.into_iter().find(|(name, _)| *name == key).map(|(_, value)| value.trim_matches('"').to_owned())
    };
    let packages = lock.split("[[package]]").skip(1);
    packages
        .filter_map(|package| {
            Some(((word(package, "name")?, word(package, "version")?), word(package, "checksum")?))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_ours_has_no_checksum() {
        let lock = "version = 4\n\n[[package]]\nname = \"aes\"\nversion = \"1.0.0\"\nchecksum = \"ab\"\n\n\
                    [[package]]\nname = \"app\"\nversion = \"0.1.0\"\n";
        let found: Vec<_> = checksums(lock).into_iter().collect();
        assert_eq!(found, [(("aes".to_owned(), "1.0.0".to_owned()), "ab".to_owned())]);
    }

    #[test]
    fn all_that_is_shipped_is_in_the_list_with_its_licence() {
        let list = list().unwrap();
        let components = list["components"].as_array().unwrap();
        let named = |name: &str| components.iter().find(|one| one["name"] == name).unwrap();
        assert_eq!(named("tokio")["scope"], "required");
        assert_eq!(named("serde_derive")["scope"], "excluded");
        assert_eq!(named("tokio")["hashes"][0]["content"].as_str().unwrap().len(), 64);
        assert!(named("accounts").get("purl").is_none());
        assert!(components.iter().all(|one| one.get("licenses").is_some()));
        let root = &list["dependencies"][0]["dependsOn"];
        assert_eq!(root, &json!(["pkg:cargo/frontend@0.1.0", "pkg:cargo/server@0.1.0"]));
    }
}
