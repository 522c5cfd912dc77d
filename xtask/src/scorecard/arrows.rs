//! Dependencies between crates and imports inside them.

use super::Row;
use crate::checks::arrows;
use anyhow::Result;
use std::path::Path;

pub(super) fn rows(tree: &Path) -> Result<[Row; 2]> {
    let (count, wrong) = arrows::of_crates(tree)?;
    let crates = Row {
        places: wrong,
        ..Row::new("arrows between crates", "none that is not drawn", format!("{count}"))
    };
    Ok([crates, Row::counted("circles of files in a crate", "0", arrows::circles(tree)?)])
}
