//! Does each crate depend only on what docs/architecture.md lets it?

use crate::process;
use anyhow::{Context, Result};
use serde_json::Value;
use std::path::Path;

/// Each crate of ours, the crates that it may depend on, and those that it may depend on only by a feature.
const ARROWS: &[(&str, &[&str], &[&str])] = &[
    ("frontend", &["app"], &[]),
    ("app", &["domain", "words"], &["edge", "accounts"]),
    ("server", &["app", "edge", "accounts", "words", "domain", "store"], &["traces"]),
    ("edge", &["accounts", "words", "domain"], &[]),
    ("accounts", &["redis_store", "store", "webauthn", "words", "domain"], &[]),
    ("redis_store", &["store", "domain"], &[]),
    ("store", &["domain"], &[]),
    ("words", &["domain"], &[]),
    ("domain", &[], &[]),
    ("webauthn", &[], &[]),
    ("traces", &[], &[]),
    ("testkit", &["accounts", "store", "domain"], &[]),
    ("xtask", &[], &[]),
    ("bindgen", &[], &[]),
    ("bench", &[], &[]),
];

/// For tests only, wherever they are.
const TEST_ONLY: &str = "testkit";

/// Third-party crates that only some of ours may depend on. A star stands for any ending. Cargo-deny's `wrappers` would
/// also have to list each third-party crate that depends on one of these (14 for `http`), and allow what tests depend
/// on.
const FENCES: &[(&str, &[&str])] = &[
    ("sqlx*", &["store", "testkit", "server", "bench"]),
    ("redis", &["redis_store"]),
    ("axum*", &["edge", "server"]),
    ("http", &["edge", "server"]),
    ("http-body*", &["edge", "server", "bench"]),
    ("hyper*", &["edge", "server", "bench"]),
    ("tower*", &["edge", "server"]),
    ("leptos*", &["app", "frontend", "server"]),
    ("argon2", &["accounts"]),
    ("bcrypt", &["accounts"]),
    ("scrypt", &["accounts"]),
    ("jsonwebtoken", &["accounts"]),
    ("minicbor", &["webauthn"]),
    ("lettre", &["server"]),
    ("utoipa*", &["domain", "server"]),
    ("opentelemetry*", &["traces"]),
];

/// A second crypto provider makes rustls panic at run time. `deny.toml` says so too; this needs no tool.
const BANNED_FROM_SERVER: &[&str] = &["ring", "openssl-sys", "native-tls"];

/// How many dependencies a tree has, and those that are not allowed.
pub(crate) fn of_tree(tree: &Path) -> Result<(usize, Vec<String>)> {
    let mut metadata = process::cargo();
    metadata.args(["metadata", "--locked", "--no-deps", "--format-version", "1"]).current_dir(tree);
    let edges = edges(&serde_json::from_str(&process::output(&mut metadata)?)?)?;
    let mut wrong: Vec<String> = edges.iter().filter_map(Edge::fault).collect();
    wrong.extend(banned(tree)?);
    Ok((edges.len(), wrong))
}

/// One dependency in one manifest.
#[derive(Debug)]
struct Edge {
    from: String,
    to: String,
    ours: bool,
    optional: bool,
    for_tests: bool,
}

fn edges(metadata: &Value) -> Result<Vec<Edge>> {
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let edge = |package: &Value, dependency: &Value| Edge {
        from: text(&package["name"]),
        to: text(&dependency["name"]),
        ours: dependency["path"].is_string(),
        optional: dependency["optional"].as_bool() == Some(true),
        for_tests: dependency["kind"].as_str() == Some("dev"),
    };
    let of = |package: &Value| -> Vec<Edge> {
        let dependencies = package["dependencies"].as_array().map_or(&[][..], Vec::as_slice);
        dependencies.iter().map(|dependency| edge(package, dependency)).collect()
    };
    Ok(packages.iter().flat_map(of).collect())
}

impl Edge {
    fn fault(&self) -> Option<String> {
        let (from, to) = (&self.from, &self.to);
        if self.ours {
            if to == TEST_ONLY {
                return (!self.for_tests)
                    .then(|| format!("{from} -> {to}: {to} is for dev-dependencies only"));
            }
            let Some((_, always, server_side)) = ARROWS.iter().find(|(name, ..)| name == from) else {
                return Some(format!("{from} -> {to}: {from} has no place in docs/architecture.md"));
            };
            let allowed =
                always.contains(&to.as_str()) || (self.optional && server_side.contains(&to.as_str()));
            return (!allowed).then(|| format!("{from} -> {to}: no such arrow in docs/architecture.md"));
        }
        if self.for_tests {
            return None;
        }
        let (_, inside) = FENCES.iter().find(|(pattern, _)| matches(pattern, to))?;
        (!inside.contains(&from.as_str()))
            .then(|| format!("{from} -> {to}: only {} may need {to}", inside.join(", ")))
    }
}

fn matches(pattern: &str, name: &str) -> bool {
    pattern.strip_suffix('*').map_or(pattern == name, |start| name.starts_with(start))
}

/// Crates that the server must not contain, however deep.
fn banned(tree: &Path) -> Result<Vec<String>> {
    let mut list = process::cargo();
    list.args([
        "tree",
        "--locked",
        "-p",
        "server",
        "--features",
        "otel",
        "-e",
        "normal,build",
        "--prefix",
        "none",
        "--format",
        "{p}",
    ]);
    let list = process::output(list.current_dir(tree))?;
    let there = |name: &str| list.lines().any(|line| line.split(' ').next() == Some(name));
    let found = BANNED_FROM_SERVER.iter().filter(|name| there(name));
    Ok(found.map(|name| format!("server -> … -> {name}: aws-lc-rs is the one crypto provider")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edge(from: &str, to: &str, kind: &str) -> Edge {
        Edge {
            from: from.into(),
            to: to.into(),
            ours: ARROWS.iter().any(|(name, ..)| *name == to),
            optional: kind == "optional",
            for_tests: kind == "dev",
        }
    }

    #[test]
    fn the_house_allows() {
        for (from, to, kind) in [
            ("app", "accounts", "optional"),
            ("server", "store", ""),
            ("accounts", "testkit", "dev"),
            ("accounts", "axum", "dev"),
            ("accounts", "argon2", ""),
            ("edge", "http", ""),
            ("app", "serde", ""),
            ("app", "leptos_router", ""),
            ("accounts", "httpdate", ""),
        ] {
            assert_eq!(edge(from, to, kind).fault(), None);
        }
    }

    #[test]
    fn the_house_forbids() {
        for (from, to, kind) in [
            ("app", "accounts", ""),
            ("app", "store", "optional"),
            ("domain", "store", ""),
            ("store", "accounts", "dev"),
            ("server", "testkit", ""),
            ("accounts", "axum", ""),
            ("app", "http", ""),
            ("edge", "sqlx", ""),
            ("edge", "leptos_axum", ""),
            ("server", "argon2", ""),
            ("xtask", "domain", ""),
            ("newcomer", "domain", ""),
        ] {
            assert!(edge(from, to, kind).fault().is_some(), "{from} -> {to} {kind}");
        }
    }

    #[test]
    fn manifests_are_read() {
        let metadata = serde_json::json!({"packages": [{"name": "app", "dependencies": [
            {"name": "accounts", "path": "/x", "optional": true, "kind": null},
            {"name": "tokio", "optional": false, "kind": "dev"},
        ]}]});
        let edges = edges(&metadata).unwrap();
        assert!(edges[0].ours && edges[0].optional && !edges[0].for_tests);
        assert!(!edges[1].ours && edges[1].for_tests);
    }
}
