//! `cargo xtask scorecard`: figures of the architecture, for this tree or for another.

mod arrows;
mod errors;
mod field;
mod handlers;
mod names;
mod places;
mod sizes;
mod tests;

use crate::checks::source::Source;
use crate::{paths, steps};
use anyhow::{Context, Result};
use std::path::Path;
use std::process::ExitCode;

/// One question with its answer.
struct Row {
    question: &'static str,
    wanted: &'static str,
    figure: String,
    /// The places that make up the figure.
    places: Vec<String>,
}

/// Counts in the clone, or in the tree that is named, which may be of another commit.
pub(crate) fn run(tree: Option<&str>) -> Result<ExitCode> {
    let tree = tree.map_or_else(|| paths::root().to_owned(), |tree| paths::root().join(tree));
    let tree = tree.canonicalize().with_context(|| format!("{} is not there", tree.display()))?;
    for row in rows(&tree)? {
        steps::say(&format!("{:<42} {:<46} {}", row.question, row.figure, row.wanted));
        for place in row.places {
            steps::say(&format!("    {}", place.replace('\n', "\n    ")));
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn rows(tree: &Path) -> Result<Vec<Row>> {
    let sources = Source::of_product(tree)?;
    let mut rows = vec![handlers::row(&sources)];
    rows.extend(arrows::rows(tree)?);
    rows.extend(places::rows(&sources));
    rows.push(errors::row(&sources));
    rows.push(field::row(tree)?);
    rows.extend(sizes::rows(tree, &sources)?);
    rows.push(names::row(&sources));
    rows.extend(tests::rows(tree)?);
    Ok(rows)
}

impl Row {
    fn new(question: &'static str, wanted: &'static str, figure: impl Into<String>) -> Self {
        Self { question, wanted, figure: figure.into(), places: Vec::new() }
    }

    /// A row that counts places and names them.
    fn counted(question: &'static str, wanted: &'static str, places: Vec<String>) -> Self {
        Self { question, wanted, figure: places.len().to_string(), places }
    }
}
