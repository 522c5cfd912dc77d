//! `cargo xtask bench`: measures the release server beside what it is compared with (bench/src/speed), and writes the
//! figures into docs/performance.md.

mod chart;
mod figures;
mod tables;
mod venv;

use crate::commands::stand;
use crate::lock::Lock;
use crate::postgres::{Cluster, Kind};
use crate::site::bundle;
use crate::steps::step;
use crate::tools::{Toolbox, prerequisites};
use crate::{paths, process, steps};
use anyhow::{Context, Result, bail};
use figures::Figures;
use serde_json::Value;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

const HELP: &str = "\
cargo xtask bench [--quick] [--server PATH [--commit REV]] [FIGURE…]

  measures all figures in one run and writes docs/performance.md with its data and its chart
  --quick     all of it for less than a second each, to see whether it works: nothing is written
  --server    another server, built elsewhere; written down only where --commit tells of what
  FIGURE      only these: users_me, page, refresh, sign_in, select, fastapi, memory, population, limits
  --draw      measures nothing, and writes the document anew from the data that is there";

const FIGURES: &[&str] =
    &["users_me", "page", "refresh", "sign_in", "select", "fastapi", "memory", "population", "limits"];
const DOCUMENT: &str = "docs/performance.md";
const DATA: &str = "docs/performance/figures.json";
const CHART: &str = "docs/performance/chart.svg";
const BEGIN: &str = "<!-- From here on `cargo xtask bench` writes. -->\n";
const END: &str = "<!-- Up to here. -->\n";

#[derive(Debug, Default, PartialEq)]
struct Options {
    draw: bool,
    quick: bool,
    server: Option<PathBuf>,
    commit: Option<String>,
    figures: Vec<String>,
}

impl Options {
    fn read(words: &[String]) -> Result<Self> {
        let mut options = Self::default();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--draw" => options.draw = true,
                "--quick" => options.quick = true,
                "--server" => options.server = Some(fs::canonicalize(words.next().context(HELP)?)?),
                "--commit" => options.commit = Some(words.next().context(HELP)?.clone()),
                // Before anything is built.
                word if !FIGURES.contains(&word) => bail!(HELP),
                figure => options.figures.push(figure.to_owned()),
            }
        }
        if options.commit.is_some() && options.server.is_none() {
            bail!("--commit tells what --server was built from");
        }
        Ok(options)
    }

    /// Part of the figures, and those of a server of unknown origin, are for whoever looks at them now.
    fn are_kept(&self) -> bool {
        !self.quick && self.figures.is_empty() && (self.server.is_none() || self.commit.is_some())
    }
}

pub(crate) fn run(words: &[String]) -> Result<ExitCode> {
    if words.iter().any(|word| word == "--help") {
        steps::say(HELP);
        return Ok(ExitCode::SUCCESS);
    }
    let options = Options::read(words)?;
    if options.draw {
        draw(&fs::read_to_string(paths::root().join(DATA))?)?;
        return Ok(ExitCode::SUCCESS);
    }
    let data = paths::target().join("bench.json");
    let succeeded = measure(&options, &data)?;
    let about = about(&options)?;
    let mut json: Value = serde_json::from_str(&fs::read_to_string(&data)?)?;
    if let (Some(to), Value::Object(from)) = (json["about"].as_object_mut(), about) {
        to.extend(from);
    }
    let text = serde_json::to_string_pretty(&json)? + "\n";
    fs::write(&data, &text)?;
    steps::say(&format!("\n{}", tables::all(&Figures::read(&text)?)));
    if options.are_kept() && succeeded {
        let kept = paths::root().join(DATA);
        fs::create_dir_all(kept.parent().context("no folder")?)?;
        fs::write(kept, &text)?;
        draw(&text)?;
        steps::say(&format!("{DOCUMENT}, {DATA} and {CHART} are written: look at them, and commit them."));
    }
    Ok(if succeeded { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Runs bench/src/speed over a Postgres, a Valkey and a Python of its own.
fn measure(options: &Options, data: &Path) -> Result<bool> {
    let _lock = Lock::take("test")?;
    prerequisites::check()?;
    let (tools, postgres) = Toolbox::bring(|| Cluster::open(Kind::Test)?.start())?;
    if options.server.is_none() {
        bundle::build(&tools)?;
    }
    let peer = build_peer()?;
    let python = venv::bring()?;
    let mut program = stand::program(&postgres)?;
    program.arg("speed").arg("--out").arg(data).args(options.quick.then_some("--quick"));
    program.args(&options.figures).env("BENCH_PEER", peer).env("BENCH_PYTHON", python);
    if let Some(server) = &options.server {
        program.env("SERVER_BIN", server);
        if let Some(site) = std::env::var_os("LEPTOS_SITE_ROOT") {
            program.env("LEPTOS_SITE_ROOT", site);
        }
    }
    Ok(process::tee(&mut program)?.0)
}

/// The peers that are written in Rust. An example, so that nothing else is compiled with Leptos.
fn build_peer() -> Result<PathBuf> {
    let target = paths::target().join("stand");
    step("The peers in Rust", |step| {
        let mut build = process::cargo();
        build.args([
            "build",
            "--locked",
            "--release",
            "--package",
            "bench",
            "--example",
            "peer",
            "--target-dir",
        ]);
        process::build(step, build.arg(&target))
    })?;
    Ok(target.join("release/examples/peer"))
}

/// When, where and of what the figures are.
fn about(options: &Options) -> Result<Value> {
    let said = |name: &str, words: &[&str]| -> Result<String> {
        Ok(process::output(process::program(name).args(words))?.trim().to_owned())
    };
    let head = match &options.commit {
        Some(commit) => said("git", &["rev-parse", "--short=10", commit])?,
        None => said("git", &["rev-parse", "--short=10", "HEAD"])?,
    };
    let changed = options.commit.is_none()
        && !said("git", &["status", "--porcelain", "--untracked-files=no", "--", ":!docs"])?.is_empty();
    let cores = std::thread::available_parallelism()?.get();
    Ok(serde_json::json!({
        "commit": if changed { format!("{head}, changed") } else { head },
        "date": said("date", &["-u", "+%Y-%m-%d"])?,
        "cores": cores,
        "processor": processor(),
        "memory_gb": memory(),
        "system": said("uname", &["-sr"])?,
    }))
}

/// The processor's name, where the system tells it.
fn processor() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name =
        text.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ").map(|(_, name)| name));
    name.unwrap_or("unknown").to_owned()
}

fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes / 976_562)
}

/// Writes the chart, and the document's part between the marks.
fn draw(data: &str) -> Result<()> {
    let figures = Figures::read(data)?;
    fs::write(paths::root().join(CHART), chart::svg(&figures))?;
    let document = paths::root().join(DOCUMENT);
    let text = fs::read_to_string(&document)?;
    let (before, _, after) = parts(&text)?;
    Ok(fs::write(document, format!("{before}{BEGIN}{}{END}{after}", tables::document(&figures)))?)
}

/// What stands before the figures, they themselves, and what stands behind them.
fn parts(text: &str) -> Result<(&str, &str, &str)> {
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("{DOCUMENT} lacks {BEGIN}"))?;
    let (figures, after) = rest.split_once(END).with_context(|| format!("{DOCUMENT} lacks {END}"))?;
    Ok((before, figures, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(words: &[&str]) -> Result<Options> {
        Options::read(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn only_whole_runs_of_a_known_server_are_kept() {
        assert!(words(&[]).unwrap().are_kept());
        assert!(words(&["--server", "/bin/sh", "--commit", "HEAD"]).unwrap().are_kept());
        for part in [&["--quick"][..], &["users_me"], &["--server", "/bin/sh"]] {
            assert!(!words(part).unwrap().are_kept(), "{part:?}");
        }
        assert!(words(&["--commit", "HEAD"]).is_err() && words(&["--fast"]).is_err());
    }

    /// Nobody writes a figure by hand.
    #[test]
    fn the_document_shows_the_measured_figures() {
        let read = |name| fs::read_to_string(paths::root().join(name));
        let document = read(DOCUMENT).unwrap();
        let (_, shown, _) = parts(&document).unwrap();
        let Ok(data) = read(DATA) else {
            // The command has not run yet: what stands there is older than it.
            return assert!(!shown.contains("performance/"), "{DATA} is gone");
        };
        let figures = Figures::read(&data).unwrap();
        assert_eq!(shown, tables::document(&figures), "write it anew by `cargo xtask bench --draw`");
        assert_eq!(read(CHART).unwrap(), chart::svg(&figures), "draw it anew by `cargo xtask bench --draw`");
    }
}
