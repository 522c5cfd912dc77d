//! `cargo xtask prove`: each planted fault must turn its test red, or the test proves nothing.
//!
//! All work is done in one scratch copy, which shares the clone's build folder. A build for each fault would take
//! hours, so that many faults share one:
//!
//! 1. Without any fault, every test is green.
//! 2. Each fault is planted in two groups, and no two faults share both. Every test runs in every group. A test that is
//!    green clears all faults planted there: none of them turns it red.
//! 3. A fault is noticed when its test is red wherever the fault is, and in one of those trees all its companions are
//!    cleared, as far as this test goes. Nothing else can be the reason then.
//! 4. What is still open, as where two faults turn the same test red, is planted once more, among faults that are
//!    cleared of each other's tests.
//! 5. What is open after that, what was green beside companions (they may hide it) and what says `Alone: REASON` is
//!    planted alone. Only there is a fault called unnoticed.
//!
//! Why that is as good as one by one, and where it is not: docs/adr/0006-faults-in-groups.md.

mod changed;
mod findings;
mod groups;
mod planting;

use crate::lock::Lock;
use crate::postgres::{Cluster, Kind};
use crate::steps::{self, step};
use crate::tests::fault::{self, Fault, Way};
use crate::tests::{Runner, Tally};
use crate::tools::Toolbox;
use crate::{paths, process, scratch};
use anyhow::Result;
use findings::Finding;
use planting::Planting;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::process::{Command, ExitCode};
use std::time::Instant;

/// Which faults, and whether they are only listed.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Selection {
    pub(crate) names: Vec<String>,
    pub(crate) changed: bool,
    pub(crate) base: Option<String>,
    pub(crate) list: bool,
}

pub(crate) fn run(which: &Selection) -> Result<ExitCode> {
    let mut faults = fault::read(&which.names)?;
    if which.changed {
        faults = changed::touched(faults, which.base.as_deref())?;
    }
    if which.list || faults.is_empty() {
        let names: Vec<String> = faults.iter().map(|fault| fault.name.clone()).collect();
        steps::say(format!("{}\nFaults: {}", names.join("\n"), names.len()).trim_start());
        return Ok(ExitCode::SUCCESS);
    }
    let lock = Lock::take("test")?;
    let whole = which.names.is_empty() && !which.changed;
    let proven = proven(faults, whole)?;
    drop(lock);
    steps::say(&format!("\n{}\n", proven.table()));
    Ok(proven.tally.conclude())
}

/// Plants all faults, one build after the other, and reports what became of each. The log is written after each way of
/// building, so that a run which is cut off has told what it found.
fn proven(faults: Vec<Fault>, logged: bool) -> Result<RunResult> {
    let began = Instant::now();
    let tree = paths::target().join("prove/tree");
    let (tools, postgres) = Toolbox::bring(|| Cluster::open(Kind::Test)?.start())?;
    step("Scratch copy", |_| scratch::copy(&tree).and_then(|()| scratch::set_apart(&tree, "fault")))?;
    let runner = Runner { tree: &tree, tools: &tools, postgres: &postgres };
    let mut ways: BTreeMap<Way, Vec<Fault>> = BTreeMap::new();
    for fault in faults {
        ways.entry(fault.test.way()).or_default().push(fault);
    }
    let mut proven = RunResult { open: ways.values().map(Vec::len).sum(), ..RunResult::default() };
    for (way, faults) in &ways {
        let mut planting = Planting { runner: &runner, way: *way, faults, trees: Vec::new() };
        for (fault, finding) in faults.iter().zip(planting.findings()?) {
            match finding {
                Finding::Noticed(_) => proven.tally.passed += 1,
                _ => proven.tally.fail(&fault.name),
            }
            proven.rows.push((fault.name.clone(), row(fault, &finding)));
        }
        proven.trees += planting.trees.len();
        proven.open -= faults.len();
        proven.rows.sort();
        proven.took = steps::took(began.elapsed());
        if logged {
            write_log(&proven)?;
        }
    }
    Ok(proven)
}

/// The result of a run.
#[derive(Default)]
struct RunResult {
    rows: Vec<(String, String)>,
    tally: Tally,
    trees: usize,
    /// Faults that were not tried yet.
    open: usize,
    took: String,
}

impl RunResult {
    fn table(&self) -> String {
        self.rows.iter().map(|(_, row)| row.as_str()).collect::<Vec<_>>().join("\n")
    }
}

fn row(fault: &Fault, finding: &Finding) -> String {
    let (mark, word) = match finding {
        Finding::Noticed(0) => ("✓", "noticed alone".to_owned()),
        Finding::Noticed(others) => ("✓", format!("noticed beside {others}")),
        Finding::Unnoticed => ("✗", "NOT NOTICED".to_owned()),
        Finding::Broken(why) => ("✗", why.lines().next().unwrap_or_default().to_owned()),
    };
    format!("{mark} {:<32} {word}\n    {}\n    {}", fault.name, fault.promise, fault.test)
}

fn write_log(proven: &RunResult) -> Result<()> {
    let now = process::output(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
    let commit = process::output(process::program("git").args(["describe", "--always", "--dirty"]))?;
    let mut log = format!("cargo xtask prove, {}, commit {}\n", now.trim(), commit.trim());
    let _ = write!(
        log,
        "The faults were planted in a scratch copy, in groups and alone where a group left a doubt \
         (docs/adr/0006-faults-in-groups.md);\nthe test of each, green before, had to go red. \
         Faulty trees built: {}. It took {}.\n\n{}\n\n",
        proven.trees,
        proven.took,
        proven.table()
    );
    if proven.open > 0 {
        let _ = writeln!(log, "{} not tried", proven.open);
    }
    let _ = writeln!(log, "{} passed, {} failed", proven.tally.passed, proven.tally.failed);
    Ok(fs::write(paths::root().join("docs/prove.log"), log)?)
}
