//! How thin the shells are: server functions, and what a route leads to.

use super::Row;
use crate::checks::functions::{Function, functions};
use crate::checks::source::{Source, name_at};
use std::collections::BTreeSet;

const LONGEST: usize = 25;
/// What takes a handler in a router.
const VERBS: &[&str] = &["get", "post", "put", "patch", "delete", "head", "options", "any", "fallback"];

pub(super) fn row(sources: &[Source]) -> Row {
    let mut shells: Vec<(usize, String)> = sources.iter().flat_map(shells).collect();
    shells.sort();
    let lines = |at: usize| shells.get(at).map_or(0, |(lines, _)| *lines);
    let (median, longest) = (lines(shells.len() / 2), lines(shells.len().saturating_sub(1)));
    let figure = format!("{}: median {median} lines, longest {longest}", shells.len());
    let long = shells.iter().filter(|(lines, _)| *lines > LONGEST);
    let places = long.map(|(lines, place)| format!("{place}: {lines} lines")).collect();
    Row { places, ..Row::new("handlers and server functions", "median at most 8, none over 25", figure) }
}

fn shells(source: &Source) -> Vec<(usize, String)> {
    let (of_pages, of_server) = (source.name.starts_with("app/"), source.name.starts_with("server/"));
    let routed = if of_server { routed(source) } else { BTreeSet::new() };
    let shell = |function: &Function| {
        (of_pages && function.head.contains("#[server"))
            || (of_server && function.head.contains("utoipa::path"))
            || routed.contains(function.name)
    };
    let found = functions(source).into_iter().filter(shell);
    found
        .map(|function| (function.lines, format!("{}:{} {}", source.name, function.line, function.name)))
        .collect()
}

/// The functions of a file that it hands to a router itself.
fn routed(source: &Source) -> BTreeSet<&str> {
    let handed = |verb: &'static str| {
        let of_verb = source.words(verb).filter_map(move |at| {
            let open = at + verb.len();
            (source.code.as_bytes().get(open) == Some(&b'(')).then(|| name_at(&source.code, open + 1))
        });
        of_verb.collect::<Vec<_>>()
    };
    VERBS.iter().flat_map(|verb| handed(verb)).collect()
}
