//! No two files of a crate, and no two folders, may import each other.
//!
//! This compares the files and folders of one folder; a folder imports what any file in it imports. A chain of imports
//! that leads back to its beginning is a circle. A folder's own file (`mod.rs`; `lib.rs` and `main.rs` for the crate)
//! and the files in the folder may import each other: the one declares and re-exports, the others use its types.

use super::modules::{Arrow, Modules};
use crate::checks::source::Source;
use anyhow::Result;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::path::Path;

/// Who imports whom, with the line that does it.
#[derive(Clone, Debug, PartialEq)]
struct Link {
    from: String,
    to: String,
    line: String,
}

/// The circles of each crate of a tree, as a chain of files with the lines that import.
pub(crate) fn of_tree(tree: &Path) -> Result<Vec<String>> {
    let mut crates: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for source in Source::of_product(tree)? {
        let root = source.name.split_inclusive("/src/").next().unwrap_or_default().to_owned();
        crates.entry(root).or_default().push(source);
    }
    Ok(crates.iter().flat_map(|(root, sources)| of_crate(root, sources)).collect())
}

fn of_crate(root: &str, sources: &[Source]) -> Vec<String> {
    let arrows = Modules::of(root, sources).arrows(sources);
    let mut folders: BTreeMap<Vec<String>, BTreeMap<(String, String), Link>> = BTreeMap::new();
    for arrow in &arrows {
        let common = arrow.from.iter().zip(&arrow.to).take_while(|(from, to)| from == to).count();
        if let (Some(from), Some(to)) = (arrow.from.get(common), arrow.to.get(common)) {
            let links = folders.entry(arrow.from[..common].to_vec()).or_default();
            links.entry((from.clone(), to.clone())).or_insert_with(|| link(from, to, arrow, sources));
        }
    }
    let told = |(folder, links): (&Vec<String>, &BTreeMap<_, Link>)| -> Vec<String> {
        let folder = format!("{root}{}", folder.join("/"));
        circles(links).iter().map(|circle| tell(folder.trim_end_matches('/'), circle)).collect()
    };
    folders.iter().flat_map(told).collect()
}

fn link(from: &str, to: &str, arrow: &Arrow, sources: &[Source]) -> Link {
    let source = &sources[arrow.file];
    let number = source.line(arrow.at);
    let line = format!("{}:{number}: {}", source.name, source.line_text(number));
    Link { from: from.to_owned(), to: to.to_owned(), line }
}

/// The shortest circle through each name, each told once.
fn circles(links: &BTreeMap<(String, String), Link>) -> Vec<Vec<Link>> {
    let names: BTreeSet<&str> = links.values().map(|link| link.from.as_str()).collect();
    let mut found: BTreeMap<BTreeSet<&str>, Vec<Link>> = BTreeMap::new();
    for name in names {
        if let Some(circle) = shortest(name, links) {
            let members = circle.iter().map(|link| link.from.as_str()).collect();
            found.entry(members).or_insert_with(|| circle.into_iter().cloned().collect());
        }
    }
    found.into_values().collect()
}

/// The shortest way from a name back to itself.
fn shortest<'a>(name: &str, links: &'a BTreeMap<(String, String), Link>) -> Option<Vec<&'a Link>> {
    let mut ways: VecDeque<Vec<&Link>> = VecDeque::from([Vec::new()]);
    let mut seen = BTreeSet::new();
    while let Some(way) = ways.pop_front() {
        let here = way.last().map_or(name, |link| link.to.as_str());
        for link in links.values().filter(|link| link.from == here) {
            let longer = [way.as_slice(), &[link]].concat();
            if link.to == name {
                return Some(longer);
            }
            if seen.insert(link.to.as_str()) {
                ways.push_back(longer);
            }
        }
    }
    None
}

fn tell(folder: &str, circle: &[Link]) -> String {
    let names =
        circle.iter().map(|link| link.from.as_str()).chain(circle.first().map(|link| link.from.as_str()));
    let chain = names.collect::<Vec<_>>().join(" -> ");
    let lines: Vec<String> = circle.iter().map(|link| format!("    {}", link.line)).collect();
    format!("{folder}: {chain}\n{}", lines.join("\n"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let source = |(name, text): &(&str, &str)| Source::new(&format!("x/src/{name}"), (*text).to_owned());
        of_crate("x/src/", &files.iter().map(source).collect::<Vec<_>>())
    }

    #[test]
    fn two_files_that_need_each_other_are_a_circle() {
        let circles = found(&[("lib.rs", ""), ("a.rs", "use crate::b::C;"), ("b.rs", "\nuse super::a;")]);
        assert_eq!(
            circles,
            ["x/src: a -> b -> a\n    x/src/a.rs:1: use crate::b::C;\n    x/src/b.rs:2: use super::a;"]
        );
    }

    #[test]
    fn folders_are_a_circle_through_any_of_their_files() {
        let files = [
            ("lib.rs", ""),
            ("a/mod.rs", ""),
            ("a/c.rs", "use crate::b::d::E;"),
            ("b/mod.rs", "fn f() { crate::a::g() }"),
            ("b/d.rs", "pub struct E;"),
        ];
        assert_eq!(found(&files).len(), 1);
    }

    #[test]
    fn what_leads_downwards_is_none() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use a::F; pub struct Root;"),
            ("a/mod.rs", "mod c; mod d; pub use c::F; pub struct G;"),
            (
                "a/c.rs",
                "use super::{G, d::H}; use crate::{b, Root};\n#[cfg(test)]\nmod tests { use crate::b::X; }",
            ),
            ("a/d.rs", "use super::G; pub struct H;"),
            ("b.rs", "use crate::Root;\n#[cfg(test)]\nmod tests { use crate::a; }"),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
    }

    #[test]
    fn a_re_export_hides_no_circle() {
        let files = [
            ("a/mod.rs", "pub use d::H;"),
            ("a/c.rs", "use super::H;"),
            ("a/d.rs", "use super::c::I; pub struct H;"),
        ];
        assert_eq!(found(&files).len(), 1);
    }
}
