//! Do the links lead to files, do the tests exist that the documents name, and has each promise its row?

use super::evidence::{Tree, named_tests};
use super::source::listed;
use super::{asvs, promises};
use crate::paths;
use crate::steps::step;
use anyhow::{Result, bail};
use std::fs;
use std::path::{Component, Path, PathBuf};

/// They name a test for each promise, each case and each requirement.
const TABLES: &[&str] = &["docs/promises.md", "docs/cases.md", "docs/asvs.md"];

pub(crate) fn check() -> Result<()> {
    step("Documents", |step| {
        let (mut count, mut wrong) = (0, Vec::new());
        let tree = Tree::read()?;
        for name in listed(paths::root(), "*.md")? {
            let text = fs::read_to_string(paths::root().join(&name))?;
            for target in targets(&text) {
                count += 1;
                let place = inside(&name, target);
                // Others do not get what git ignores.
                if !tree.files.iter().any(|file| Path::new(file).starts_with(&place)) {
                    wrong.push(format!("{name} links to {target}, which is not there"));
                }
            }
        }
        for table in TABLES {
            let text = fs::read_to_string(paths::root().join(table))?;
            for test in text.lines().flat_map(|row| named_tests(proof(row))) {
                count += 1;
                if !tree.rust.contains(&format!("fn {test}(")) {
                    wrong.push(format!("{table} names the test {test}, which is not there"));
                }
            }
        }
        wrong.extend(promises::check(&tree)?);
        wrong.extend(asvs::check(&tree)?);
        if !wrong.is_empty() {
            bail!("{}", wrong.join("\n"));
        }
        step.detail(format!("{count} links and tests"));
        Ok(())
    })
}

/// The links that lead to files of ours, without their anchors.
fn targets(text: &str) -> impl Iterator<Item = &str> {
    let marks = [("](", ')'), ("src=\"", '"'), ("srcset=\"", '"'), ("href=\"", '"')];
    let all = marks.into_iter().flat_map(move |(begin, end)| {
        text.split(begin).skip(1).filter_map(move |rest| rest.split(['#', end]).next())
    });
    all.filter(|target| !target.is_empty() && !target.contains("://"))
}

/// Where a link in a document leads, from the root of the clone.
fn inside(document: &str, target: &str) -> PathBuf {
    let mut place = Path::new(document).parent().map(Path::to_path_buf).unwrap_or_default();
    for part in Path::new(target).components() {
        match part {
            Component::ParentDir => drop(place.pop()),
            Component::Normal(name) => place.push(name),
            _ => {}
        }
    }
    place
}

/// A row without its first two columns, which hold the promise's own words.
fn proof(row: &str) -> &str {
    row.splitn(4, '|').nth(3).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_to_our_own_files_are_found() {
        let text = "[a](b.md#c) [d](https://e.example) [f](#g) <img src=\"h.png\" alt=\"\">";
        assert_eq!(targets(text).collect::<Vec<_>>(), ["b.md", "h.png"]);
    }

    #[test]
    fn a_link_leads_from_its_document() {
        assert_eq!(inside("docs/a.md", "../faults/b.patch"), Path::new("faults/b.patch"));
        assert_eq!(inside("README.md", "docs/images/"), Path::new("docs/images"));
    }

    #[test]
    fn the_promise_s_own_words_are_no_proof() {
        assert_eq!(proof("| A1 | `other_account` | server `no_nonce` |"), " server `no_nonce` |");
    }
}
