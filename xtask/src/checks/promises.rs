//! Has each of the project's promises its row, with a figure, a commit, and a way to measure it again?

use super::evidence::Tree;
use crate::paths;
use anyhow::Result;
use std::fs;

pub(crate) const TABLE: &str = "docs/promises.md";

/// The numbers of the project's list.
const PROMISES: std::ops::RangeInclusive<usize> = 1..=35;

/// What is wrong with the table of figures.
pub(crate) fn check(tree: &Tree) -> Result<Vec<String>> {
    Ok(faults(&fs::read_to_string(paths::root().join(TABLE))?, tree))
}

fn faults(text: &str, tree: &Tree) -> Vec<String> {
    let rows: Vec<Row> = text.lines().filter_map(Row::read).collect();
    let mut wrong = Vec::new();
    let names: Vec<String> = rows.iter().map(|row| row.name.to_owned()).collect();
    let listed: Vec<String> = PROMISES.map(|number| format!("P{number}")).collect();
    for name in listed.iter().filter(|name| !names.contains(name)) {
        wrong.push(format!("{TABLE} has no row for {name}"));
    }
    if wrong.is_empty() && names != listed {
        wrong.push(format!("{TABLE} has other rows than P1 to P35, each once and in turn"));
    }
    for row in &rows {
        wrong.extend(row.faults(tree).into_iter().map(|fault| format!("{TABLE}, {}: {fault}", row.name)));
    }
    wrong
}

/// `| P1 | promise and bound | measured last | measured again by | planted fault |`
struct Row<'a> {
    name: &'a str,
    promise: &'a str,
    measured: &'a str,
    again: &'a str,
    planted: &'a str,
}

impl<'a> Row<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let name = cells.get(1)?;
        name.strip_prefix('P')?.parse::<usize>().ok()?;
        let cell = |at| cells.get(at).copied().unwrap_or_default();
        Some(Self { name, promise: cell(2), measured: cell(3), again: cell(4), planted: cell(5) })
    }

    fn faults(&self, tree: &Tree) -> Vec<String> {
        let (mut wrong, there) = tree.missing(self.again);
        wrong = wrong.into_iter().map(|what| format!("names {what}")).collect();
        if self.promise.is_empty() {
            wrong.push("says no promise".to_owned());
        }
        if self.measured != "not measured" && !self.measured.split([';', ',', ' ', '.']).any(is_date) {
            wrong.push("says neither `not measured` nor when".to_owned());
        }
        if there == 0 && self.again != "none" {
            wrong.push("says neither `none` nor what measures it again".to_owned());
        }
        if self.planted != "none" && !self.planted.contains("](../faults/") {
            wrong.push("links to no planted fault and does not say `none`".to_owned());
        }
        let at_each_run = self.again.split("by hand").next().unwrap_or_default();
        for test in tree.ignored(at_each_run) {
            wrong.push(format!("does not say that {test} is run by hand"));
        }
        wrong
    }
}

/// `2026-11-28`
fn is_date(word: &str) -> bool {
    let parts: Vec<&str> = word.split('-').collect();
    matches!(parts[..], [year, month, day] if [year, month, day].iter().all(|part| part.parse::<u16>().is_ok())
        && year.len() == 4 && month.len() == 2 && day.len() == 2)
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::tree;
    use super::*;

    const GOOD: &str = "not measured | `nobody_gets_in` | none";

    fn table(change: impl Fn(usize) -> Option<&'static str>) -> String {
        PROMISES
            .filter_map(|n| change(n).map(|rest| format!("| P{n} | nobody gets in | {rest} |\n")))
            .collect()
    }

    #[test]
    fn the_page_is_whole() {
        assert_eq!(check(&Tree::read().unwrap()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn each_promise_has_its_row() {
        assert_eq!(faults(&table(|_| Some(GOOD)), &tree()), Vec::<String>::new());
        let without = faults(&table(|n| (n != 7).then_some(GOOD)), &tree());
        assert_eq!(without, ["docs/promises.md has no row for P7"]);
        let twice = table(|_| Some(GOOD)) + "| P7 | nobody gets in | not measured | none | none |";
        assert_eq!(faults(&twice, &tree()).len(), 1);
    }

    #[test]
    fn each_row_has_its_figure_and_its_way_to_another() {
        let good = "0; 2026-11-28, 46fda826 | `nobody_gets_in`; by hand: `nobody_gets_in_for_hours` | [p1](../faults/p1.patch)";
        assert_eq!(faults(&table(|n| Some(if n == 7 { good } else { GOOD })), &tree()), Vec::<String>::new());
        for bad in [
            "0 | `nobody_gets_in` | none",
            "not measured | | none",
            "not measured | `everybody_gets_in` | none",
            "not measured | `nobody_gets_in` | seen",
            "not measured | `nobody_gets_in_for_hours` | none",
            "not measured",
        ] {
            let wrong = faults(&table(|n| Some(if n == 7 { bad } else { GOOD })), &tree());
            assert!(wrong.iter().any(|fault| fault.contains("P7: ")), "{bad}: {wrong:?}");
        }
    }
}
