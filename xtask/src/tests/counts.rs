//! Adding up the results of the test runners.

use super::verdicts;
use crate::interrupt::{self, Interrupted};
use crate::steps;
use anyhow::Result;
use serde_json::Value;
use std::process::ExitCode;

#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Tally {
    pub(crate) passed: u64,
    pub(crate) failed: u64,
    /// What failed, by name, as far as the runner says it. Whoever sees only the end of a log reads it there.
    pub(crate) failures: Vec<String>,
}

impl Tally {
    /// Counts a check as one test, and tells what is wrong. Only a signal ends the run.
    pub(crate) fn check(&mut self, result: Result<()>) -> Result<bool> {
        let passed = self.check_build(result)?;
        self.passed += u64::from(passed);
        Ok(passed)
    }

    /// Counts a build only when it fails: it is no test.
    pub(crate) fn check_build(&mut self, result: Result<()>) -> Result<bool> {
        interrupt::check()?;
        match result {
            Ok(()) => Ok(true),
            Err(error) if error.is::<Interrupted>() => Err(error),
            Err(error) => {
                let said = format!("{error:#}");
                steps::say(&format!("{said}\n"));
                self.fail(said.lines().next().unwrap_or_default());
                Ok(false)
            }
        }
    }

    pub(crate) fn fail(&mut self, what: &str) {
        self.failed += 1;
        self.failures.push(what.to_owned());
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.passed += other.passed;
        self.failed += other.failed;
        self.failures.extend(other.failures);
    }

    /// What failed, the plain last line, and the exit code that goes with it.
    pub(crate) fn conclude(self) -> ExitCode {
        for failure in &self.failures {
            steps::say(&format!("✗ {failure}"));
        }
        steps::say(&format!("{} passed, {} failed", self.passed, self.failed));
        if self.failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }
}

/// `cargo test` prints a line for each test binary, nextest one for all:
/// `test result: FAILED. 5 passed; 1 failed; …`, `Summary [  1.2s] 6 tests run: 5 passed (1 slow), 1 failed, …`
pub(crate) fn of_cargo(lines: &[String]) -> Tally {
    let mut tally = Tally::default();
    for line in lines.iter().map(|line| line.trim()) {
        if let Some(name) = failed_test(line) {
            tally.failures.push(name.to_owned());
        }
        if line.starts_with("test result:") || line.starts_with("Summary [") {
            tally.add(Tally {
                passed: before(line, "passed"),
                // nextest tells a crashed and a timed-out test apart from a failed one.
                failed: ["failed", "timed out", "exec failed"].iter().map(|word| before(line, word)).sum(),
                failures: Vec::new(),
            });
        }
    }
    tally
}

/// The report of a command of `bench/`: its last sum, and what did not hold before it, `✗ P18: …`. A line of its other stream
/// may come behind that. No sum at all is a failure.
pub(crate) fn of_report(command: &str, lines: &[String], succeeded: bool) -> Tally {
    let sum = |line: &&String| line.contains(" passed, ") && line.ends_with(" failed");
    let last = lines.iter().rfind(sum).map_or("", String::as_str);
    let failed = lines.iter().filter_map(|line| line.strip_prefix("✗ "));
    let named = failed.filter(|line| line.split(' ').next().is_some_and(|word| word.ends_with(':')));
    let mut tally = Tally {
        passed: before(last, "passed"),
        failed: before(last, "failed"),
        failures: named.map(str::to_owned).collect(),
    };
    if (!succeeded || last.is_empty()) && tally.failed == 0 {
        tally.fail(&format!("`cargo xtask {command} --short` ended with an error"));
    }
    tally
}

/// `test throttle::waits ... FAILED`
fn failed_test(line: &str) -> Option<&str> {
    line.strip_prefix("test ")?.strip_suffix(" ... FAILED")
}

/// The number that stands before a word.
fn before(line: &str, word: &str) -> u64 {
    let mut parts = line.split([':', ',', ';', '.', '(', ')']).map(str::trim);
    parts.find_map(|part| part.strip_suffix(word)?.trim().parse().ok()).unwrap_or(0)
}

/// Playwright's own sum. A test that passed only when repeated did not pass. An error at the end that no test explains is
/// a failure too.
pub(crate) fn of_playwright(report: &str, succeeded: bool) -> Result<Tally> {
    let report: Value = serde_json::from_str(report)?;
    let number = |name: &str| report["stats"][name].as_u64().unwrap_or(0);
    let (broken, unclosed) = (verdicts::broken(&report), verdicts::unclosed(&report));
    for test in &unclosed {
        steps::say(&format!("- {test}: passed, and its browser did not close"));
    }
    let unclosed = unclosed.len() as u64;
    let mut tally = Tally {
        passed: number("expected") + unclosed,
        failed: number("unexpected") + number("flaky") + broken - unclosed,
        failures: verdicts::failures(&report),
    };
    if !succeeded && tally.failed + unclosed == 0 {
        tally.fail("Playwright ended with an error");
    }
    Ok(tally)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(passed: u64, failed: u64) -> Tally {
        Tally { passed, failed, failures: Vec::new() }
    }

    fn counted(text: &str) -> Tally {
        of_cargo(&text.lines().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn cargo_test_is_added_up_over_its_binaries() {
        let text = "test result: ok. 5 passed; 0 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.00s\n\
                    test it ... FAILED\n\
                    test result: FAILED. 2 passed; 3 failed; 0 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(counted(text), Tally { passed: 7, failed: 3, failures: vec!["it".into()] });
    }

    #[test]
    fn a_report_of_rows_is_read() {
        let text = "✓ P12   verifications       12    at most 100\n✗ P16   p99 of /livez: slow   1 s   at most 100 ms\n\
                    ✗ P16: p99 of /livez\n1 passed, 1 failed";
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let expected = Tally { passed: 1, failed: 1, failures: vec!["P16: p99 of /livez".into()] };
        assert_eq!(of_report("abuse", &lines, false), expected);
        let late = [&lines[..], &["a task panicked".to_owned()]].concat();
        assert_eq!(of_report("abuse", &late, false), expected);
        for succeeded in [false, true] {
            assert_eq!(of_report("abuse", &["it broke".to_owned()], succeeded).failed, 1);
        }
    }

    #[test]
    fn nextest_s_summary_is_read() {
        let text =
            "     Summary [  12.345s] 105 tests run: 100 passed (2 slow), 3 failed, 2 timed out, 4 skipped";
        assert_eq!(counted(text), sum(100, 5));
        assert_eq!(counted("     Summary [   0.012s] 1 test run: 1 passed, 0 skipped"), sum(1, 0));
        assert_eq!(counted("Summary [ 0.1s] 3/9 tests run: 2 passed, 1 failed"), sum(2, 1));
    }

    #[test]
    fn playwright_s_report_is_read() {
        let report = r#"{"stats":{"expected":12,"skipped":3,"unexpected":2,"flaky":1},"errors":[],"suites":[
            {"title":"a.spec.ts","specs":[{"title":"signs in","tests":[
                {"projectName":"wasm","status":"expected"},{"projectName":"blocked","status":"flaky"}]}]}]}"#;
        let failures = vec!["blocked: signs in".into()];
        assert_eq!(of_playwright(report, false).unwrap(), Tally { passed: 12, failed: 3, failures });
        let broken =
            r#"{"stats":{"expected":0,"unexpected":0,"flaky":0},"errors":[{"message":"no server"}]}"#;
        assert_eq!(of_playwright(broken, false).unwrap(), sum(0, 1));
        let unexplained = r#"{"stats":{"expected":1,"unexpected":0,"flaky":0},"errors":[]}"#;
        assert_eq!(of_playwright(unexplained, true).unwrap(), sum(1, 0));
        assert_eq!(of_playwright(unexplained, false).unwrap().failed, 1);
    }
}
