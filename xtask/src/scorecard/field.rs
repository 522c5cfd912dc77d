//! How many files an optional field of the profile touches, by the document that shows it.

use super::Row;
use anyhow::Result;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PAGE: &str = "docs/adding-a-field.md";

pub(super) fn row(tree: &Path) -> Result<Row> {
    let figure = match tree.join(PAGE) {
        page if page.exists() => touched(&fs::read_to_string(page)?).len().to_string(),
        _ => format!("no {PAGE}"),
    };
    Ok(Row::new("files that a new profile field touches", "at most 6", figure))
}

/// The files that the page has its reader write by hand, beside the migration and tests.
fn touched(page: &str) -> BTreeSet<&str> {
    let said = page.lines().filter(|line| line.starts_with("In `") || line.starts_with("New file `"));
    let files = said.filter_map(|line| line.split('`').nth(1));
    files.filter(|file| !file.starts_with("migrations/") && !file.contains("tests/")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migration_and_tests_do_not_count() {
        let page = "New file `migrations/1.sql`:\nIn `a.rs`, after `x`:\nIn `a.rs`, after `y`:\nIn `server/tests/it/a.rs`, after `z`:\nIn short.\n";
        assert_eq!(touched(page).into_iter().collect::<Vec<_>>(), ["a.rs"]);
    }
}
