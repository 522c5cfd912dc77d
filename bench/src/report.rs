//! What was measured, against what is promised.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fmt::Display;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// One figure with its bound.
#[derive(Debug, Clone)]
pub struct Row {
    /// The promise of docs/promises.md, as `P18`.
    pub promise: &'static str,
    /// What was measured.
    pub what: String,
    /// What it may be.
    pub bound: String,
    /// What it was.
    pub measured: String,
    /// Whether that is within the bound.
    pub held: bool,
}

/// The rows of a run.
#[derive(Debug, Default)]
pub struct Report {
    /// In the order in which they were measured.
    pub rows: Vec<Row>,
    /// Whether what depends on time is told and not judged, as in a run that is a part of the tests.
    pub tells_times: bool,
}

impl Report {
    /// Adds a figure, and prints it at once.
    pub fn row(
        &mut self,
        promise: &'static str,
        what: impl Into<String>,
        bound: impl Into<String>,
        measured: &dyn Display,
        held: bool,
    ) {
        let row =
            Row { promise, what: what.into(), bound: bound.into(), measured: measured.to_string(), held };
        println!("{}", row.line());
        self.rows.push(row);
    }

    /// A count that may be no greater than `most`.
    pub fn at_most(&mut self, promise: &'static str, what: impl Into<String>, most: u64, measured: u64) {
        self.row(promise, what, format!("at most {most}"), &measured, measured <= most);
    }

    /// A count that may be no smaller than `least`.
    pub fn at_least(&mut self, promise: &'static str, what: impl Into<String>, least: u64, measured: u64) {
        self.row(promise, what, format!("at least {least}"), &measured, measured >= least);
    }

    /// A figure that another load on the machine may change.
    pub fn timed(
        &mut self,
        promise: &'static str,
        what: impl Into<String>,
        bound: impl Display,
        measured: &dyn Display,
        held: bool,
    ) {
        if self.tells_times {
            self.note(promise, what, &format!("{measured} (not judged here: {bound})"));
        } else {
            self.row(promise, what, bound.to_string(), measured, held);
        }
    }

    /// Something that was measured and has no bound.
    pub fn note(&mut self, promise: &'static str, what: impl Into<String>, measured: &dyn Display) {
        self.row(promise, what, "", measured, true);
    }

    /// A part of which an error left nothing to judge: it does not hold.
    pub fn broke(&mut self, part: &str, error: &anyhow::Error) {
        self.row("run", format!("{part} could not be measured"), "no error", &format!("{error:#}"), false);
    }

    /// The rows as JSON, beside what the run says of itself.
    #[must_use]
    pub fn json(&self, about: &Value) -> Value {
        let row = |row: &Row| {
            json!({
                "promise": row.promise,
                "what": row.what,
                "bound": row.bound,
                "measured": row.measured,
                "held": row.held,
            })
        };
        json!({ "about": about, "rows": self.rows.iter().map(row).collect::<Vec<_>>() })
    }

    /// Writes the rows as text and as JSON, into `NAME.txt` and `NAME.json` of a folder.
    ///
    /// # Errors
    /// Where the files cannot be written.
    pub fn write(&self, folder: &Path, name: &str, about: &Value) -> Result<()> {
        fs::create_dir_all(folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        let lines: Vec<String> = self.rows.iter().map(Row::line).collect();
        fs::write(folder.join(format!("{name}.txt")), lines.join("\n") + "\n")?;
        let json = serde_json::to_string_pretty(&self.json(about))?;
        Ok(fs::write(folder.join(format!("{name}.json")), json + "\n")?)
    }

    /// How many rows with a bound held and how many did not, as the last line; failure where one did not.
    #[must_use]
    pub fn conclude(&self) -> ExitCode {
        let (held, failed): (Vec<&Row>, Vec<&Row>) =
            self.rows.iter().filter(|row| !row.held || !row.bound.is_empty()).partition(|row| row.held);
        for row in &failed {
            println!("✗ {}: {}: {}, {}", row.promise, row.what, row.measured, row.bound);
        }
        let (held, failed) = (held.len(), failed.len());
        println!("{held} passed, {failed} failed");
        if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

impl Row {
    fn line(&self) -> String {
        let mark = if self.held { "✓" } else { "✗" };
        format!("{mark} {:<5} {:<64} {:<22} {}", self.promise, self.what, self.measured, self.bound)
            .trim_end()
            .to_owned()
    }
}
