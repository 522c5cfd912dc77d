//! Names each requirement of ASVS that is said to be met what meets it, and is that there?

use super::evidence::Tree;
use crate::paths;
use anyhow::Result;
use std::collections::BTreeMap;
use std::fs;

const TABLE: &str = "docs/asvs.md";

/// The heading under which requirements stand that are not met: they say why, and need name nothing.
const NOT_MET: &str = "## Not met";

/// The rows of the page's own count, and the headings under which it counts.
const COUNTED: &[(&str, &str)] = &[
    ("met", "## Met"),
    ("met where it is run as the documents say", "## Met where it is run as the documents say"),
    ("not met, or in part", NOT_MET),
];

pub(crate) fn check(tree: &Tree) -> Result<Vec<String>> {
    Ok(faults(&fs::read_to_string(paths::root().join(TABLE))?, tree))
}

fn faults(text: &str, tree: &Tree) -> Vec<String> {
    let (mut wrong, mut heading, mut met_by) = (Vec::new(), "", BTreeMap::new());
    let mut counts = BTreeMap::new();
    for line in text.lines() {
        if line.starts_with("## ") {
            heading = line;
        }
        let cells: Vec<&str> = line.split('|').map(str::trim).collect();
        let ["", name, level, what, proof, ""] = cells[..] else { continue };
        if !is_number(name) {
            continue;
        }
        let (missing, there) = tree.missing(proof);
        let names_nothing = there == 0 && missing.is_empty();
        wrong.extend(missing.into_iter().map(|what| format!("{TABLE}, {name}: names {what}")));
        // `As V1.4.1`, in which case that one counts.
        let by_another = met_by.keys().any(|other: &&str| proof.contains(other));
        if heading != NOT_MET && names_nothing && !by_another && !leads_to_a_heading(proof, text) {
            wrong.push(format!("{TABLE}, {name}: names no test, no file and no heading that shows it"));
        }
        if !matches!(level, "1" | "2") || what.is_empty() {
            wrong.push(format!("{TABLE}, {name}: lacks its level or its words"));
        }
        *counts.entry((heading, level)).or_insert(0) += 1;
        if met_by.insert(name, proof).is_some() {
            wrong.push(format!("{TABLE} has two rows for {name}"));
        }
    }
    let of = |heading, level| counts.get(&(heading, level)).copied().unwrap_or(0);
    let mut rows: Vec<_> = COUNTED
        .iter()
        .map(|(words, heading)| (*words, ["1", "2"].map(|level| of(*heading, level))))
        .collect();
    let all = [0, 1].map(|level| rows.iter().map(|(_, counts)| counts[level]).sum());
    rows.push(("apply", all));
    for (words, [first, second]) in rows {
        let row = format!("| {words} | {first} | {second} |");
        if !text.lines().any(|line| line == row) {
            wrong.push(format!("{TABLE} counts otherwise than its rows, which make `{row}`"));
        }
    }
    wrong
}

/// `V1.4.1`
fn is_number(name: &str) -> bool {
    let numbers = name.strip_prefix('V').map(|rest| rest.split('.').map(str::parse::<u8>));
    numbers
        .is_some_and(|numbers| numbers.clone().count() == 3 && numbers.into_iter().all(|part| part.is_ok()))
}

/// Whether a link leads to a heading of the same document.
fn leads_to_a_heading(proof: &str, text: &str) -> bool {
    let anchors = proof.split("](#").skip(1).filter_map(|rest| rest.split(')').next());
    let headings: Vec<String> = text
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .map(|line| line.to_lowercase().replace(' ', "-"))
        .collect();
    anchors.into_iter().any(|anchor| headings.iter().any(|heading| heading == anchor))
}

#[cfg(test)]
mod tests {
    use super::super::evidence::tests::tree;
    use super::*;

    #[test]
    fn the_page_is_whole() {
        assert_eq!(check(&Tree::read().unwrap()).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn what_is_met_names_what_meets_it() {
        let page = |row: &str| {
            let met = row.lines().filter(|row| !row.contains("| 3 |")).count();
            format!(
                "| apply | {met} | 1 |\n| met | {met} | 0 |\n| met where it is run as the documents say | 0 | 0 |\n\
                 | not met, or in part | 0 | 1 |\n\n## Not met\n\n| V1.1.1 | 2 | a | because |\n\n\
                 ## Met\n\n{row}\n\n### The way in\n"
            )
        };
        for good in [
            "| V1.2.1 | 1 | b | `nobody_gets_in` |",
            "| V1.2.1 | 1 | b | `deploy/trial.py`: it is seen |",
            "| V1.2.1 | 1 | b | [below](#the-way-in) |",
            "| V1.2.1 | 1 | b | `nobody_gets_in` |\n| V1.2.2 | 1 | c | as V1.2.1 |",
        ] {
            assert_eq!(faults(&page(good), &tree()), Vec::<String>::new(), "{good}");
        }
        for bad in [
            "| V1.2.1 | 1 | b | it is so |",
            "| V1.2.1 | 1 | b | `everybody_gets_in` |",
            "| V1.2.1 | 1 | b | [below](#nowhere) |",
            "| V1.2.1 | 3 | b | `nobody_gets_in` |",
            "| V1.1.1 | 1 | a | `nobody_gets_in` |",
        ] {
            assert_eq!(faults(&page(bad), &tree()).len(), 1, "{bad}");
        }
        let miscounted = page("| V1.2.1 | 1 | b | `nobody_gets_in` |").replace("| met | 1 |", "| met | 2 |");
        assert_eq!(faults(&miscounted, &tree()).len(), 1);
        let missummed =
            page("| V1.2.1 | 1 | b | `nobody_gets_in` |").replace("| apply | 1 |", "| apply | 2 |");
        assert_eq!(faults(&missummed, &tree()).len(), 1);
    }
}
