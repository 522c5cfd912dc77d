//! What is built into something, as `cargo tree` says it: with the features that it has there, which `cargo metadata` adds up
//! over the workspace.

use crate::process;
use anyhow::{Context, Result};
use std::collections::{BTreeMap, BTreeSet};

/// A crate's name and version.
pub(super) type Crate = (String, String);

/// Each crate, and those that it names.
pub(super) type Graph = BTreeMap<Crate, BTreeSet<Crate>>;

/// What is built into a package for a target; `edges` are cargo's kinds.
pub(super) fn graph(package: &str, target: &str, edges: &str) -> Result<Graph> {
    let mut tree = process::cargo();
    tree.args(["tree", "--locked", "--package", package, "--target", target, "--edges", edges]);
    // A tab, since a crate's name may begin with a digit.
    read(&process::output(tree.args(["--prefix", "depth", "--format", "\t{p}"]))?)
}

/// `2<tab>argon2 v0.6.0 (*)`: at the second level, and its own have been shown before.
fn read(tree: &str) -> Result<Graph> {
    let (mut graph, mut above) = (Graph::new(), Vec::<Crate>::new());
    for line in tree.lines().filter(|line| !line.is_empty()) {
        let node = || {
            let (depth, package) = line.split_once('\t')?;
            let mut words = package.split(' ');
            let (name, version) = (words.next()?, words.next()?.strip_prefix('v')?);
            Some((depth.parse::<usize>().ok()?, (name.to_owned(), version.to_owned())))
        };
        let (depth, this) = node().with_context(|| format!("`{line}` is no line of cargo's tree"))?;
        above.truncate(depth);
        if let Some(parent) = above.last() {
            graph.entry(parent.clone()).or_default().insert(this.clone());
        }
        graph.entry(this.clone()).or_default();
        above.push(this);
    }
    Ok(graph)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_say_who_names_whom() {
        let tree = "0\tserver v0.1.0 (/here)\n1\tserde v1.0.0\n2\tsyn v2.0.0\n1\t1password v3.0.0\n2\tsyn v2.0.0 (*)\n";
        let named = |name: &str, version: &str| (name.to_owned(), version.to_owned());
        let graph = read(tree).unwrap();
        let server: Vec<_> = graph[&named("server", "0.1.0")].iter().cloned().collect();
        assert_eq!(server, [named("1password", "3.0.0"), named("serde", "1.0.0")]);
        assert_eq!(graph[&named("1password", "3.0.0")].len(), 1);
        assert!(graph[&named("syn", "2.0.0")].is_empty());
        assert!(read("server v0.1.0").is_err());
    }
}
