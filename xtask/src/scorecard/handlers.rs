//! How thin the shells are: server functions, and what a route leads to.

use super::Row;
use crate::checks::functions::{Function, functions};
use crate::checks::source::Source;
use std::collections::BTreeSet;

const LONGEST: usize = 25;
/// What takes a handler in a router.
const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "any", "fallback"];

pub(super) fn row(sources: &[Source]) -> Row {
    let server = sources.iter().filter(|source| source.name.starts_with("server/"));
    let routed: BTreeSet<(&str, &str)> = server.flat_map(routed).collect();
    let product =
        sources.iter().filter(|source| source.name.starts_with("server/") || source.name.starts_with("app/"));
    let mut shells: Vec<(usize, String)> = product.flat_map(|source| shells(source, &routed)).collect();
    shells.sort();
    let lines = |at: usize| shells.get(at).map_or(0, |(lines, _)| *lines);
    let (median, longest) = (lines(shells.len() / 2), lines(shells.len().saturating_sub(1)));
    let figure = format!("{}: median {median} lines, longest {longest}", shells.len());
    let long = shells.iter().filter(|(lines, _)| *lines > LONGEST);
    let places = long.map(|(lines, place)| format!("{place}: {lines} lines")).collect();
    Row { places, ..Row::new("handlers and server functions", "median at most 8, none over 25", figure) }
}

fn shells(source: &Source, routed: &BTreeSet<(&str, &str)>) -> Vec<(usize, String)> {
    let shell = |function: &Function| {
        function.head.contains("#[server(")
            || function.head.contains("utoipa::path")
            || routed.contains(&(module(&source.name), function.name))
    };
    let found = functions(source).into_iter().filter(shell);
    found
        .map(|function| (function.lines, format!("{}:{} {}", source.name, function.line, function.name)))
        .collect()
}

/// The functions that are handed to a router, each with the module it is in.
fn routed(source: &Source) -> Vec<(&str, &str)> {
    let handed = |verb: &'static str| {
        let of_verb = source.words(verb).filter_map(move |at| {
            let rest = source.code[at + verb.len()..].strip_prefix('(')?;
            let path = rest.split(|c: char| c != ':' && c != '_' && !c.is_ascii_alphanumeric()).next()?;
            Some(match path.rsplit_once("::") {
                Some((modules, name)) => (modules.rsplit("::").next().unwrap_or(modules), name),
                None => (module(&source.name), path),
            })
        });
        of_verb.collect::<Vec<_>>()
    };
    VERBS.iter().flat_map(|verb| handed(verb)).collect()
}

/// The module that a file holds.
fn module(file: &str) -> &str {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod");
    path.rsplit('/').next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handler_is_found_where_it_is_routed() {
        let app = Source::new(
            "server/src/app.rs",
            "fn f() { r.route(\"/a\", get(a::show).post(own)) }\nasync fn own() {\n    b\n}".to_owned(),
        );
        let a = Source::new("server/src/a.rs", "async fn show() { c }\nfn other() { d }".to_owned());
        assert!(row(&[app, a]).figure.starts_with("2: median 1 lines"));
    }
}
