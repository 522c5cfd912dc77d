//! How many files an optional field of the profile touches, by the document that shows it.

use super::Row;
use crate::guides::files_by_hand;
use anyhow::Result;
use std::fs;
use std::path::Path;

const PAGE: &str = "docs/adding-a-field.md";

pub(super) fn row(tree: &Path) -> Result<Row> {
    let figure = match tree.join(PAGE) {
        page if page.exists() => files_by_hand(&fs::read_to_string(page)?)?.to_string(),
        _ => format!("no {PAGE}"),
    };
    Ok(Row::new("files that a new profile field touches", "at most 6", figure))
}
