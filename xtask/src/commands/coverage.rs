//! `cargo xtask coverage`: which lines the tests reach, as HTML, and whether that is enough.

use crate::lock::Lock;
use crate::postgres::{Cluster, Kind};
use crate::tests::{Harness, database};
use crate::tools::cargo::CARGO_LLVM_COV;
use crate::tools::valkey;
use crate::{paths, process, steps};
use anyhow::{Context, Result, bail};
use serde_json::Value;
use std::process::{Command, ExitCode};

/// The share of lines that tests must reach, in all and where the rules live.
const LEAST: &[(&str, &str, u64)] =
    &[("all", "", 85), ("domain", "/crates/domain/", 95), ("accounts", "/crates/accounts/", 95)];

pub(crate) fn run() -> Result<ExitCode> {
    let _lock = Lock::take("test")?;
    let tool = CARGO_LLVM_COV.bring()?;
    add_component()?;
    let postgres = Cluster::open(Kind::Test)?.start()?;
    let valkey = valkey::bring()?;
    let llvm_cov = |words: &[&str]| {
        let mut command = process::program(tool.join("cargo-llvm-cov"));
        command.arg("llvm-cov").args(words).env("DATABASE_URL", database(&postgres));
        command.env("PG_BINDIR", &postgres.binaries().folder).env("VALKEY_SERVER", &valkey);
        command
    };
    let harness: &[&str] = if Harness::find() == Harness::Nextest { &["nextest"] } else { &[] };
    let mut tests = llvm_cov(harness);
    tests.args(["--locked", "--no-report", "--no-fail-fast"]);
    let (succeeded, _) = process::tee(&mut tests)?;
    if !succeeded {
        bail!("coverage of failing tests says nothing: mend them first");
    }
    report(llvm_cov)
}

fn report(llvm_cov: impl Fn(&[&str]) -> Command) -> Result<ExitCode> {
    let html = paths::target().join("coverage");
    process::output(llvm_cov(&["report", "--html", "--output-dir"]).arg(&html))?;
    let summary = process::output(&mut llvm_cov(&["report", "--json", "--summary-only"]))?;
    let files = files(&serde_json::from_str(&summary)?)?;
    let mut enough = true;
    for (name, folder, least) in LEAST {
        let (reached, all) = lines(&files, folder);
        let met = all > 0 && reached * 100 >= all * least;
        enough &= met;
        let share = (reached * 1000).checked_div(all).unwrap_or(0);
        let mark = if met { "✓" } else { "✗" };
        steps::say(&format!(
            "{mark} {name}: {}.{} % of {all} lines, at least {least} %",
            share / 10,
            share % 10
        ));
    }
    steps::say(&format!("Line by line: {}", html.join("html/index.html").display()));
    Ok(if enough { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn add_component() -> Result<()> {
    let list = process::output(process::program("rustup").args(["component", "list", "--installed"]))?;
    if list.lines().any(|line| line.starts_with("llvm-tools")) {
        return Ok(());
    }
    process::output(process::program("rustup").args(["component", "add", "llvm-tools"]))
        .map(drop)
        .context("coverage needs rustup's component llvm-tools, and it cannot be fetched here")
}

/// Each file with the lines reached and the lines there are.
fn files(summary: &Value) -> Result<Vec<(String, u64, u64)>> {
    let files = summary["data"][0]["files"].as_array().context("cargo llvm-cov gave no files")?;
    let number = |file: &Value, name: &str| file["summary"]["lines"][name].as_u64().unwrap_or(0);
    let read = |file: &Value| {
        let name = file["filename"].as_str().unwrap_or_default().to_owned();
        (name, number(file, "covered"), number(file, "count"))
    };
    Ok(files.iter().map(read).collect())
}

fn lines(files: &[(String, u64, u64)], folder: &str) -> (u64, u64) {
    let inside = files.iter().filter(|(name, ..)| name.contains(folder));
    inside.fold((0, 0), |(reached, all), (_, covered, count)| (reached + covered, all + count))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_added_up_by_folder() {
        let summary = serde_json::json!({"data": [{"files": [
            {"filename": "/w/crates/domain/src/id.rs", "summary": {"lines": {"count": 10, "covered": 9}}},
            {"filename": "/w/app/src/lib.rs", "summary": {"lines": {"count": 30, "covered": 3}}},
        ]}]});
        let files = files(&summary).unwrap();
        assert_eq!(lines(&files, ""), (12, 40));
        assert_eq!(lines(&files, "/crates/domain/"), (9, 10));
    }
}
