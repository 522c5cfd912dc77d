//! The result of each test of a run, by its name.

use crate::tests::fault::Test;
use anyhow::{Result, bail};
use serde_json::Value;
use std::collections::BTreeMap;

pub(crate) type Verdicts = BTreeMap<Test, Verdict>;

#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Verdict {
    Green,
    Red,
    NoTest,
}

/// One test that ran.
struct TestResult {
    /// A crate or one of Playwright's projects; unknown where cargo's own harness ran it.
    package: Option<String>,
    name: String,
    passed: bool,
    /// Whether its browser closed after it.
    closed: bool,
}

impl TestResult {
    fn title(self) -> String {
        format!("{}: {}", self.package.unwrap_or_default(), self.name)
    }
}

/// One of several tests that a name fits is enough to be red.
fn judge(tests: &[&Test], ran: &[TestResult]) -> Verdicts {
    let verdict = |test: &Test| {
        let passed: Vec<bool> = ran.iter().filter(|ran| fits(test, ran)).map(|ran| ran.passed).collect();
        match passed[..] {
            [] => Verdict::NoTest,
            _ if passed.contains(&false) => Verdict::Red,
            _ => Verdict::Green,
        }
    };
    tests.iter().map(|test| ((*test).clone(), verdict(test))).collect()
}

fn fits(test: &Test, ran: &TestResult) -> bool {
    match test {
        Test::Cargo { package, filter } => {
            ran.package.as_ref().is_none_or(|one| one == package) && ran.name.contains(filter)
        }
        Test::Browser { title } => ran.name.contains(title),
    }
}

pub(super) fn of_cargo(tests: &[&Test], lines: &[String]) -> Verdicts {
    let ran: Vec<TestResult> =
        lines.iter().filter_map(|line| of_nextest(line).or_else(|| of_libtest(line))).collect();
    judge(tests, &ran)
}

/// `{"type":"test","event":"ok","name":"accounts::database$throttle::waits"}`
fn of_nextest(line: &str) -> Option<TestResult> {
    let event: Value = serde_json::from_str(line).ok()?;
    let passed = match event["event"].as_str()? {
        "ok" => true,
        "failed" => false,
        _ => return None,
    };
    let (binary, name) = event["name"].as_str()?.split_once('$')?;
    let package = binary.split("::").next().map(str::to_owned);
    Some(TestResult { package, name: name.to_owned(), passed, closed: true })
}

/// `test throttle::waits ... ok`
fn of_libtest(line: &str) -> Option<TestResult> {
    let (name, said) = line.strip_prefix("test ")?.rsplit_once(" ... ")?;
    let passed = match said {
        "ok" => true,
        "FAILED" => false,
        _ => return None,
    };
    Some(TestResult { package: None, name: name.to_owned(), passed, closed: true })
}

/// A test that passed only when repeated did not pass, and one that was left out says nothing.
pub(super) fn of_playwright(tests: &[&Test], report: &str) -> Result<Verdicts> {
    let report: Value = serde_json::from_str(report)?;
    if broken(&report) > 0 {
        bail!("the browser tests could not begin");
    }
    Ok(judge(tests, &all_of(&report)))
}

/// How often Playwright could not even begin, as when the server does not come up.
pub(super) fn broken(report: &Value) -> u64 {
    report["errors"].as_array().map_or(0, Vec::len) as u64
}

/// The browser tests that did not pass, each as `project: title`.
pub(super) fn failures(report: &Value) -> Vec<String> {
    let failed = all_of(report).into_iter().filter(|test| !test.passed);
    failed.map(TestResult::title).collect()
}

/// The browser tests that passed in a browser that did not close, as [`failures`] names them.
pub(super) fn unclosed(report: &Value) -> Vec<String> {
    let unclosed = all_of(report).into_iter().filter(|test| test.passed && !test.closed);
    unclosed.map(TestResult::title).collect()
}

fn all_of(report: &Value) -> Vec<TestResult> {
    let mut ran = Vec::new();
    for file in list(&report["suites"]) {
        collect(file, "", &mut ran);
    }
    ran
}

/// The tests of a suite and of those inside it; a test's name begins with theirs.
fn collect(suite: &Value, before: &str, ran: &mut Vec<TestResult>) {
    for spec in list(&suite["specs"]) {
        let name = format!("{before}{}", spec["title"].as_str().unwrap_or_default());
        for test in list(&spec["tests"]) {
            let status = test["status"].as_str().unwrap_or_default();
            if status != "skipped" {
                let package = test["projectName"].as_str().map(str::to_owned);
                let closed = !is_unclosed(test);
                ran.push(TestResult {
                    package,
                    name: name.clone(),
                    passed: status == "expected" || !closed,
                    closed,
                });
            }
        }
    }
    for inner in list(&suite["suites"]) {
        let title = inner["title"].as_str().unwrap_or_default();
        collect(inner, &format!("{before}{title} "), ran);
    }
}

/// Chromium hung on closing once, in the thousands of tests of many runs, after one that met every expectation. Nothing
/// else may be wrong with such a test, and it may not have been repeated.
fn is_unclosed(test: &Value) -> bool {
    let is_closing = |error: &Value| {
        let said = error["message"].as_str().unwrap_or_default();
        said.contains("Tearing down \"context\" exceeded")
    };
    let errors: Vec<_> = list(&test["results"]).flat_map(|result| list(&result["errors"])).collect();
    list(&test["results"]).count() == 1 && !errors.is_empty() && errors.into_iter().all(is_closing)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cargo(package: &str, filter: &str) -> Test {
        Test::Cargo { package: package.into(), filter: filter.into() }
    }

    fn browser(title: &str) -> Test {
        Test::Browser { title: title.into() }
    }

    fn verdicts(tests: &[Test], text: &str) -> Vec<Verdict> {
        let tests: Vec<&Test> = tests.iter().collect();
        let lines: Vec<String> = text.lines().map(str::to_owned).collect();
        let verdicts = of_cargo(&tests, &lines);
        tests.iter().map(|test| verdicts[*test]).collect()
    }

    #[test]
    fn nextest_tells_each_test_with_its_package() {
        let text = r#"
{"type":"suite","event":"started","test_count":3}
{"type":"test","event":"started","name":"accounts::database$throttle::waits"}
{"type":"test","event":"ok","name":"accounts::database$throttle::waits"}
{"type":"test","event":"failed","name":"server::it$rest::waits","stdout":"no"}
{"type":"test","event":"failed","name":"domain$text::ends"}"#;
        let tests = [
            cargo("accounts", "waits"),
            cargo("server", "waits"),
            cargo("domain", "ends"),
            cargo("edge", "ends"),
        ];
        assert_eq!(verdicts(&tests, text), [Verdict::Green, Verdict::Red, Verdict::Red, Verdict::NoTest]);
    }

    #[test]
    fn libtest_tells_each_test_on_a_line() {
        let text = "running 3 tests\ntest throttle::waits_long ... ok\ntest throttle::waits ... FAILED\n\
                    test text::ends ... ok\ntest text::goes_on ... ignored";
        let tests = ["waits", "ends", "goes_on"].map(|filter| cargo("accounts", filter));
        assert_eq!(verdicts(&tests, text), [Verdict::Red, Verdict::Green, Verdict::NoTest]);
    }

    #[test]
    fn a_browser_that_does_not_close_makes_no_test_red() {
        let closing = r#"{"message":"\u001b[31mTearing down \"context\" exceeded the test timeout of 60000ms.\u001b[39m"}"#;
        let other = r#"{"message":"expect(page).toHaveURL failed"}"#;
        for (results, passed) in [
            (format!(r#"{{"errors":[{closing}]}}"#), true),
            (format!(r#"{{"errors":[{other},{closing}]}}"#), false),
            (format!(r#"{{"errors":[{closing}]}},{{"errors":[]}}"#), false),
            (r#"{"errors":[]}"#.to_owned(), false),
        ] {
            let report = format!(
                r#"{{"suites":[{{"specs":[{{"title":"waits","tests":[
                    {{"projectName":"wasm","status":"unexpected","results":[{results}]}}]}}]}}]}}"#
            );
            let report: Value = serde_json::from_str(&report).unwrap();
            let named = vec!["wasm: waits".to_owned()];
            let (failed, unclosed) = if passed { (vec![], named) } else { (named, vec![]) };
            assert_eq!((failures(&report), super::unclosed(&report)), (failed, unclosed), "{results}");
        }
    }

    #[test]
    fn playwright_tells_each_test_in_its_suite() {
        let report = r#"{"errors":[],"suites":[{"title":"a.spec.ts","specs":[
            {"title":"signs in @plain","tests":[{"status":"expected"},{"status":"skipped"}]},
            {"title":"signs out","tests":[{"status":"expected"},{"status":"flaky"}]}],
            "suites":[{"title":"a form","specs":[{"title":"waits","tests":[{"status":"unexpected"}]}]}]}]}"#;
        let tests = ["signs in", "signs out", "a form waits", "stays"].map(browser);
        let tests: Vec<&Test> = tests.iter().collect();
        let verdicts = of_playwright(&tests, report).unwrap();
        let verdicts: Vec<Verdict> = tests.iter().map(|test| verdicts[*test]).collect();
        assert_eq!(verdicts, [Verdict::Green, Verdict::Red, Verdict::Red, Verdict::NoTest]);
        assert!(of_playwright(&tests, r#"{"errors":[{"message":"no server"}]}"#).is_err());
    }
}
