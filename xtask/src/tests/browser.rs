//! Browser tests, against the release server on a database made for the run.

use super::counts::{self, Tally};
use crate::postgres::Running;
use crate::steps::{self, Step, step};
use crate::tools::npm;
use crate::{interrupt, paths, process};
use anyhow::{Context, Result, bail};
use nix::unistd::Uid;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

const FOLDER: &str = "end2end";

/// Does any browser test match? This runs before a release is built for it.
pub(crate) fn any(pattern: &str) -> Result<bool> {
    install()?;
    let listed = process::output(playwright().args(["test", "--list", "-g", &escaped(pattern)]));
    Ok(listed.is_ok_and(|listed| !listed.contains("Total: 0 tests")))
}

pub(crate) fn run(pattern: Option<&str>, postgres: &Running, tally: &mut Tally) -> Result<()> {
    let mut tests = match install().and_then(|()| prepared(postgres)) {
        Ok(tests) => tests,
        Err(error) => return tally.check_build(Err(error)).map(drop),
    };
    steps::say("\n… Browser tests");
    if let Some(firefox) = firefox()? {
        tests.env(FIREFOX.variable, firefox);
    }
    if let Some(pattern) = pattern {
        tests.args(["-g", &escaped(pattern)]);
    }
    let (succeeded, _) = process::tee(&mut tests)?;
    match report().and_then(|report| counts::of_playwright(&report, succeeded)) {
        Ok(found) => tally.add(found),
        Err(error) => {
            tally.check_build(Err(error))?;
        }
    }
    Ok(())
}

/// The tests' own TypeScript.
pub(crate) fn check_types() -> Result<()> {
    install()?;
    step("Types of the browser tests", |_| {
        let folder = paths::root().join(FOLDER);
        let mut check = process::program(folder.join("node_modules/.bin/tsc"));
        process::output(check.arg("--noEmit").current_dir(folder)).map(drop)
    })
}

/// Runs tests by their titles, against a server that was built elsewhere; returns Playwright's report.
pub(crate) fn report_of(
    titles: &[&str],
    server: &Path,
    site: &Path,
    postgres: &Running,
    step: &mut Step,
) -> Result<String> {
    npm::install(FOLDER, step)?;
    let mut tests = prepared(postgres)?;
    let any: Vec<String> = titles.iter().map(|title| escaped(title)).collect();
    tests.args(["-g", &any.join("|")]).env("SERVER_BIN", server).env("LEPTOS_SITE_ROOT", site);
    process::hear(step, &mut tests)?;
    report()
}

/// Playwright with a browser, an empty database and the release server.
fn prepared(postgres: &Running) -> Result<Command> {
    let report = report_path();
    if report.exists() {
        fs::remove_file(&report)?;
    }
    let mut tests = playwright();
    tests.args(["test", "--reporter=list,json"]).env("PLAYWRIGHT_JSON_OUTPUT_FILE", &report);
    let database = postgres.fresh_database("doorstep_e2e")?;
    tests.env("DATABASE_URL", &database).env("E2E_DATABASE_URL", &database);
    tests.env("PG_BINDIR", &postgres.binaries().folder);
    tests.env("SERVER_BIN", paths::server_binary()).env("LEPTOS_SITE_ROOT", paths::site());
    if let Some(browser) = chromium()? {
        tests.env(CHROMIUM.variable, browser);
    }
    Ok(tests)
}

fn report_path() -> PathBuf {
    paths::target().join("playwright.json")
}

fn report() -> Result<String> {
    fs::read_to_string(report_path()).context("Playwright left no report")
}

fn playwright() -> Command {
    let folder = paths::root().join(FOLDER);
    let mut command = process::program(folder.join("node_modules/.bin/playwright"));
    command.current_dir(folder);
    command
}

fn install() -> Result<()> {
    step("Browser test tools", |step| npm::install(FOLDER, step)).map(drop)
}

/// A browser to test with; none leaves the choice to Playwright, which has just fetched its own.
fn chromium() -> Result<Option<PathBuf>> {
    if let Some(found) = CHROMIUM.installed() {
        return Ok(Some(found));
    }
    step("Chromium", |step| {
        if may_install()
            && let Some(found) = CHROMIUM.of_debian(step)?
        {
            return Ok(Some(found));
        }
        step.progress("fetching Playwright's");
        process::build(step, playwright().args(["install", "chromium"])).map_or_else(
            |_| bail!("there is no browser: install Chromium or name one in CHROMIUM_PATH"),
            |()| Ok(None),
        )
    })
}

/// The second browser. Playwright brings none that it drives as it drives the machine's: without one its tests
/// are left out.
fn firefox() -> Result<Option<PathBuf>> {
    if let Some(found) = FIREFOX.installed() {
        return Ok(Some(found));
    }
    if may_install() {
        let brought = step("Firefox", |step| FIREFOX.of_debian(step));
        interrupt::check()?;
        if let Ok(Some(found)) = brought {
            return Ok(Some(found));
        }
    }
    steps::say(
        "- Firefox: there is none, so its tests are skipped (install it, or name one in FIREFOX_PATH)",
    );
    Ok(None)
}

/// Root on Debian installs Debian's; nobody else installs anything.
fn may_install() -> bool {
    Uid::effective().is_root() && Path::new("/etc/debian_version").exists()
}

/// Where a machine has a browser, and how a Debian gets it.
struct Browser {
    variable: &'static str,
    names: &'static [&'static str],
    app: &'static str,
    package: &'static str,
}

const CHROMIUM: Browser = Browser {
    variable: "CHROMIUM_PATH",
    names: &["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"],
    app: "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    package: "chromium",
};

const FIREFOX: Browser = Browser {
    variable: "FIREFOX_PATH",
    names: &["firefox-esr", "firefox"],
    app: "/Applications/Firefox.app/Contents/MacOS/firefox",
    package: "firefox-esr",
};

impl Browser {
    fn installed(&self) -> Option<PathBuf> {
        let named = std::env::var_os(self.variable).map(PathBuf::from);
        let path = std::env::var_os("PATH").unwrap_or_default();
        let on_path = std::env::split_paths(&path)
            .flat_map(|folder| self.names.iter().map(move |name| folder.join(name)));
        named.into_iter().chain(on_path).chain([PathBuf::from(self.app)]).find(|path| path.is_file())
    }

    fn of_debian(&self, step: &mut Step) -> Result<Option<PathBuf>> {
        step.progress("installing Debian's");
        process::output(Command::new("apt-get").arg("update"))?;
        let mut install = Command::new("apt-get");
        install.args(["install", "-y", "--no-install-recommends", self.package]);
        process::build(step, install.env("DEBIAN_FRONTEND", "noninteractive"))?;
        Ok(self.installed())
    }
}

/// Playwright takes a regular expression; nextest and this command take plain text.
fn escaped(pattern: &str) -> String {
    let escape = |c: char| {
        if c.is_ascii_punctuation() { vec!['\\', c] } else { vec![c] }
    };
    pattern.chars().flat_map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_plain_text() {
        assert_eq!(escaped("signs in (P3)"), r"signs in \(P3\)");
    }
}
