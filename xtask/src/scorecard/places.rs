//! Code that is allowed in few places only: SQL, `cfg`, clocks and randomness.

use super::Row;
use crate::checks::source::Source;
use std::collections::BTreeMap;

const STORE: &str = "crates/store/";
const VERBS: &[&str] = &["SELECT ", "INSERT INTO ", "UPDATE ", "DELETE FROM ", "WITH ", "LISTEN ", "NOTIFY "];
/// A list of this many columns should stand only once.
const LIST: usize = 5;
const CLOCKS: &[&str] = &[
    "Instant::now",
    "SystemTime::now",
    "now_utc",
    "now_local",
    "now_v7",
    "new_v4",
    "getrandom",
    "OsRng",
    "SysRng",
    "thread_rng",
    "rand::rng",
];
/// The files that may read clocks and randomness.
const DOORS: &[&str] = &["clock.rs", "rng.rs"];

pub(super) fn rows(sources: &[Source]) -> [Row; 4] {
    let product = || sources.iter().filter(|source| !source.name.starts_with("xtask/"));
    let elsewhere = product().filter(|source| !source.name.starts_with(STORE));
    let store = product().filter(|source| source.name.starts_with(STORE));
    let app = product().filter(|source| source.name.starts_with("app/"));
    let inside = product().filter(|source| !DOORS.iter().any(|door| source.name.ends_with(door)));
    [
        Row::counted("SQL outside `store` and tests", "0", elsewhere.flat_map(sql).collect()),
        Row::counted("column lists that stand twice", "0", repeated(store)),
        Row::counted(
            "`cfg` in `app`",
            "2",
            app.flat_map(|source| found(source, &["cfg(", "cfg_attr(", "cfg!("])).collect(),
        ),
        Row::counted(
            "clocks and randomness elsewhere",
            "0",
            inside.flat_map(|source| found(source, CLOCKS)).collect(),
        ),
    ]
}

/// The lines whose code holds one of the words.
fn found(source: &Source, words: &[&str]) -> Vec<String> {
    let lines = source.code.lines().enumerate();
    let hits = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word)));
    hits.map(|(at, _)| format!("{}:{}: {}", source.name, at + 1, source.line_text(at + 1))).collect()
}

fn sql(source: &Source) -> Vec<String> {
    let statement = |text: &str| VERBS.iter().any(|verb| text.trim_start().starts_with(verb));
    let strings = source.strings.iter().filter(|range| statement(&source.text[range.start..range.end]));
    let at = strings.map(|range| source.line(range.start));
    at.map(|line| format!("{}:{line}: {}", source.name, source.line_text(line))).collect()
}

/// Lists of columns that are written out more than once.
fn repeated<'a>(sources: impl Iterator<Item = &'a Source>) -> Vec<String> {
    let mut lists: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources {
        for range in &source.strings {
            for list in columns(&source.text[range.start..range.end]) {
                lists.entry(list).or_default().push(format!("{}:{}", source.name, source.line(range.start)));
            }
        }
    }
    lists.retain(|_, places| places.len() > 1);
    lists.into_iter().map(|(list, places)| format!("{}: {list}", places.join(", "))).collect()
}

/// What a statement selects and returns, where it is long.
fn columns(sql: &str) -> Vec<String> {
    let words = sql.split_whitespace().collect::<Vec<_>>().join(" ");
    let after = |word: &str| words.split(word).skip(1).map(str::to_owned).collect::<Vec<_>>();
    let selected =
        after("SELECT ").into_iter().filter_map(|rest| Some(rest.split_once(" FROM ")?.0.to_owned()));
    let lists = selected.chain(after("RETURNING "));
    lists.filter(|list| list.matches(',').count() + 1 >= LIST).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sql_is_found_in_strings_alone() {
        let source = Source::new("a.rs", "// \"SELECT 1\"\nf(\"SELECT 1\"); g(\"Select one\");".to_owned());
        assert_eq!(sql(&source), ["a.rs:2: f(\"SELECT 1\"); g(\"Select one\");"]);
    }

    #[test]
    fn a_long_list_of_columns_stands_once() {
        let text = "a(\"SELECT a, b, c, d, e FROM x\"); b(\"SELECT a,\n b, c, d, e FROM y\"); c(\"SELECT a, b FROM x\"); d(\"SELECT a, b FROM y\")";
        let source = Source::new("a.rs", text.to_owned());
        assert_eq!(repeated([&source].into_iter()), ["a.rs:1, a.rs:1: a, b, c, d, e"]);
    }
}
