//! The modules of a crate, and which imports which.
//!
//! It reads paths: those in `use`, and those that begin with `crate`, `super`, `self` or an imported name. A re-export
//! is followed to the file that defines the item. It finds no calls of methods, and nothing that macros make.

use crate::checks::source::{Source, in_name, name_at};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// `a::b` as `["a", "b"]`; the crate's root is empty.
pub(super) type ModulePath = Vec<String>;

/// How far re-exports are followed.
const DEEPEST: usize = 8;

/// The modules of one crate.
pub(super) struct Modules(BTreeMap<ModulePath, Module>);

struct Module {
    file: usize,
    /// The names that its items have.
    items: BTreeSet<String>,
    imports: Vec<Import>,
}

/// One name of a `use`.
#[derive(Clone)]
struct Import {
    at: usize,
    path: ModulePath,
    /// What it is called here; `*` for all.
    name: String,
}

/// A module that names another.
#[derive(Debug, PartialEq)]
pub(super) struct Arrow {
    pub(super) from: ModulePath,
    pub(super) to: ModulePath,
    /// Which source, and where in it.
    pub(super) file: usize,
    pub(super) at: usize,
}

impl Modules {
    /// The modules of the sources, which lie below `root`.
    pub(super) fn of(root: &str, sources: &[Source]) -> Self {
        let mut modules: BTreeMap<ModulePath, Module> = BTreeMap::new();
        for (file, source) in sources.iter().enumerate() {
            let module = Module { file, items: items(source), imports: imports(source) };
            match modules.get_mut(&path_of(root, &source.name)) {
                // A crate with a library and a program has two roots; the library's items count.
                Some(root) => root.items.extend(module.items),
                None => drop(modules.insert(path_of(root, &source.name), module)),
            }
        }
        Self(modules)
    }

    /// Every path that leads from one module to another.
    pub(super) fn arrows(&self, sources: &[Source]) -> Vec<Arrow> {
        let mut arrows = Vec::new();
        for (from, module) in &self.0 {
            let source = &sources[module.file];
            let imported = module.imports.iter().map(|import| (import.at, import.path.clone()));
            for (at, path) in imported.chain(paths(source)) {
                if let Some(to) = self.resolve(from, &path, 0)
                    && to != *from
                {
                    arrows.push(Arrow { from: from.clone(), to, file: module.file, at });
                }
            }
        }
        arrows
    }

    /// The module that defines what a path names, if it is one of ours.
    fn resolve(&self, here: &ModulePath, path: &[String], depth: usize) -> Option<ModulePath> {
        let (first, rest) = path.split_first()?;
        let mut here = here.clone();
        match first.as_str() {
            "crate" => here.clear(),
            "self" => {}
            "super" => drop(here.pop()?),
            _ => return self.named(&here, first, rest, depth),
        }
        match rest.first().map(String::as_str) {
            Some("super") => self.resolve(&here, rest, depth),
            Some(name) if name != "*" => self.named(&here, name, &rest[1..], depth).or(Some(here)),
            _ => Some(here),
        }
    }

    /// What a name means in a module: a module below it, its own item, or one that it imports.
    fn named(&self, here: &ModulePath, name: &str, rest: &[String], depth: usize) -> Option<ModulePath> {
        let module = self.0.get(here)?;
        let below = below_of(here, name);
        if self.0.contains_key(&below) {
            return match rest.split_first() {
                Some((next, rest)) if next != "*" => self.named(&below, next, rest, depth).or(Some(below)),
                _ => Some(below),
            };
        }
        if module.items.contains(name) || depth == DEEPEST {
            return Some(here.clone());
        }
        let imported = module.imports.iter().find(|import| import.name == name);
        if let Some(import) = imported {
            let whole = [import.path.as_slice(), rest].concat();
            return self.resolve(here, &whole, depth + 1);
        }
        let ours = |import: &&Import| {
            let first = import.path[0].as_str();
            import.name == "*"
                && (matches!(first, "crate" | "self" | "super")
                    || self.0.contains_key(&below_of(here, first)))
        };
        let mut all = module.imports.iter().filter(ours);
        all.find_map(|import| {
            let target = self.resolve(here, &import.path, depth + 1)?;
            self.named(&target, name, rest, depth + 1)
        })
    }
}

fn below_of(here: &ModulePath, name: &str) -> ModulePath {
    [here.as_slice(), &[name.to_owned()]].concat()
}

/// A file's module: the crate's root, a folder by its `mod.rs`, or its own name.
fn path_of(root: &str, file: &str) -> ModulePath {
    let inside = file.strip_prefix(root).unwrap_or(file).trim_start_matches('/').trim_end_matches(".rs");
    let mut path: ModulePath = inside.split('/').map(str::to_owned).collect();
    if path.last().is_some_and(|last| matches!(last.as_str(), "mod" | "lib" | "main")) {
        path.pop();
    }
    path
}

fn items(source: &Source) -> BTreeSet<String> {
    const KINDS: &[&str] =
        &["struct", "enum", "union", "trait", "type", "fn", "const", "static", "macro_rules!"];
    let of_kind = |kind: &'static str| {
        let names = source.words(kind).map(move |at| {
            let after = &source.code[at + kind.len()..];
            name_at(after, after.len() - after.trim_start().len()).to_owned()
        });
        names.collect::<Vec<_>>()
    };
    KINDS.iter().flat_map(|kind| of_kind(kind)).filter(|name| !name.is_empty()).collect()
}

fn imports(source: &Source) -> Vec<Import> {
    let mut imports = Vec::new();
    for item in uses(source) {
        let tree = source.code[item.start + 3..item.end].replace('\n', " ");
        leaves(tree.trim(), &Vec::new(), item.start, &mut imports);
    }
    imports
}

/// Where the items are that import.
fn uses(source: &Source) -> Vec<Range<usize>> {
    // `+ use<'a>` imports nothing.
    let imports = |at: &usize| source.code[at + 3..].starts_with(char::is_whitespace);
    let item = |at: usize| at..source.code[at..].find(';').map_or(source.code.len(), |end| at + end);
    source.words("use").filter(imports).map(item).collect()
}

/// The names of a tree of imports.
fn leaves(tree: &str, before: &ModulePath, at: usize, found: &mut Vec<Import>) {
    let (head, inner) = match tree.split_once('{') {
        Some((head, rest)) => (head, rest.trim_end().strip_suffix('}')),
        None => (tree, None),
    };
    let (head, alias) =
        head.split_once(" as ").map_or((head, None), |(head, alias)| (head, Some(alias.trim())));
    let mut path = before.clone();
    path.extend(head.split("::").map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned));
    if let Some(inner) = inner {
        for branch in branches(inner) {
            leaves(branch, &path, at, found);
        }
        return;
    }
    if path.len() > 1 && path.last().is_some_and(|last| last == "self") {
        path.pop();
    }
    if let Some(last) = path.last().cloned() {
        found.push(Import { at, path, name: alias.map_or(last, str::to_owned) });
    }
}

/// The parts between commas that no brace holds.
fn branches(inner: &str) -> Vec<&str> {
    let mut depth = 0_usize;
    let parts = inner.split(move |c: char| {
        match c {
            '{' => depth += 1,
            '}' => depth -= 1,
            _ => {}
        }
        c == ',' && depth == 0
    });
    parts.map(str::trim).filter(|part| !part.is_empty()).collect()
}

/// The paths in the code itself.
fn paths(source: &Source) -> Vec<(usize, ModulePath)> {
    let (code, bytes) = (&source.code, source.code.as_bytes());
    let uses = uses(source);
    let mut found = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        if let Some(item) = uses.iter().find(|item| item.contains(&at)) {
            at = item.end;
        }
        let begins = in_name(bytes[at]) && (at == 0 || !in_name(bytes[at - 1]));
        if !begins || code[..at].ends_with("::") {
            at += 1;
            continue;
        }
        let (begin, mut path) = (at, vec![name_at(code, at).to_owned()]);
        at += path[0].len();
        while code[at..].starts_with("::") && bytes.get(at + 2).is_some_and(|byte| in_name(*byte)) {
            path.push(name_at(code, at + 2).to_owned());
            at += 2 + path[path.len() - 1].len();
        }
        // `pub(in crate::a)` says who may look.
        if path.len() > 1 && !code[..begin].ends_with("(in ") {
            found.push((begin, path));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arrows(files: &[(&str, &str)]) -> Vec<String> {
        let sources: Vec<Source> = files
            .iter()
            .map(|(name, text)| Source::new(&format!("x/src/{name}"), (*text).to_owned()))
            .collect();
        let arrows = Modules::of("x/src", &sources).arrows(&sources);
        arrows.iter().map(|arrow| format!("{} -> {}", arrow.from.join("::"), arrow.to.join("::"))).collect()
    }

    #[test]
    fn a_path_leads_to_the_file_of_its_module() {
        let files = [
            ("lib.rs", "mod a; mod b;"),
            ("a.rs", "use std::fmt;\nuse crate::b::{self, c::D};\nfn f() { super::b::g(); fmt::x(); }"),
            ("b/mod.rs", "mod c; pub fn g() {}"),
            ("b/c.rs", "pub struct D;"),
        ];
        assert_eq!(arrows(&files), ["a -> b", "a -> b::c", "a -> b"]);
    }

    #[test]
    fn a_re_export_leads_to_what_it_exports() {
        let files = [
            ("lib.rs", "mod a; mod b; pub use b::D as E; pub use b::*;"),
            ("a.rs", "use crate::E; use crate::F; use super::G;"),
            ("b/mod.rs", "mod c; pub use c::{D, F}; pub struct G;"),
            ("b/c.rs", "pub struct D; pub enum F {}"),
        ];
        let found = arrows(&files);
        assert_eq!(found[found.len() - 5..], ["a -> b::c", "a -> b::c", "a -> b", "b -> b::c", "b -> b::c"]);
    }

    #[test]
    fn a_name_that_was_imported_is_followed() {
        let files = [
            ("lib.rs", ""),
            ("a.rs", "use super::b; fn f() { b::c(); }"),
            ("b/mod.rs", "pub use d::c;"),
            ("b/d.rs", "pub fn c() {}"),
        ];
        assert_eq!(arrows(&files)[..2], ["a -> b", "a -> b::d"]);
    }

    #[test]
    fn who_may_look_is_no_arrow() {
        assert!(arrows(&[("lib.rs", ""), ("a.rs", "pub(in crate::b) fn f() {}"), ("b.rs", "")]).is_empty());
    }
}
