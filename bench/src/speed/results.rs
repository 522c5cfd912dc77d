//! The results of a run, as `cargo xtask bench` writes and draws them.

use super::sample::{Sample, round};
use anyhow::{Error, Result};
use serde_json::{Map, Value, json};
use std::fs;
use std::path::Path;

#[derive(Debug, Default)]
pub(super) struct Results {
    series: Map<String, Value>,
    values: Map<String, Value>,
    /// What could not be measured, and why.
    missing: Map<String, Value>,
}

impl Results {
    /// The rounds of one subject, and their median.
    pub(super) fn series(&mut self, id: &str, rounds: &[Sample]) {
        let median = Sample::median(rounds);
        println!("  {id:<28} {}", line(&median));
        let mut json = median.json();
        json["rounds"] = rounds.iter().map(Sample::json).collect();
        self.series.insert(id.to_owned(), json);
    }

    /// A figure without rounds.
    pub(super) fn value(&mut self, id: &str, value: f64) {
        println!("  {id:<28} {}", round(value));
        self.values.insert(id.to_owned(), round(value).into());
    }

    /// What failed; everything else is measured all the same.
    pub(super) fn missing(&mut self, figure: &str, error: &Error) {
        println!("✗ {figure}: {error:#}");
        self.missing.insert(figure.to_owned(), format!("{error:#}").into());
    }

    pub(super) fn whole(&self) -> bool {
        self.missing.is_empty()
    }

    pub(super) fn write(&self, path: &Path, about: &Value) -> Result<()> {
        let json =
            json!({ "about": about, "series": self.series, "values": self.values, "missing": self.missing });
        Ok(fs::write(path, serde_json::to_string_pretty(&json)? + "\n")?)
    }
}

fn line(sample: &Sample) -> String {
    let part = |name: &str, figure: Option<f64>, unit: &str| {
        figure.map_or_else(String::new, |figure| format!(", {name} {figure:.2} {unit}"))
    };
    format!(
        "{:>9.0}/s, {:.1} µs{}{}{}{}",
        sample.per_second,
        sample.server,
        part("Postgres", sample.database, "µs"),
        part("Redis", sample.redis, "µs"),
        part("median", sample.p50, "ms"),
        part("99th", sample.p99, "ms"),
    )
}
