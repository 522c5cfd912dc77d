//! `cargo xtask prove`: each planted fault must turn its test red, or the test proves nothing.
//!
//! All work is done in one scratch copy, which shares the clone's build folder, so that each fault costs one small
//! build.

mod changed;

use crate::args::Prove;
use crate::lock::Turn;
use crate::postgres::{Cluster, Kind};
use crate::steps::{self, step};
use crate::tests::fault::{self, Fault, Test};
use crate::tests::{Bench, Tally, Verdict};
use crate::tools::Toolbox;
use crate::{interrupt, paths, process, scratch};
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

pub(crate) fn run(which: &Prove) -> Result<ExitCode> {
    let mut faults = fault::read(which.name.as_deref())?;
    if which.changed {
        faults = changed::touched(faults, which.base.as_deref())?;
    }
    if which.list || faults.is_empty() {
        let names: Vec<String> = faults.iter().map(|fault| fault.name.clone()).collect();
        steps::say(format!("{}\nFaults: {}", names.join("\n"), names.len()).trim_start());
        return Ok(ExitCode::SUCCESS);
    }
    let turn = Turn::take("test")?;
    let (mut rows, tally) = proven(&mut faults)?;
    drop(turn);
    rows.sort();
    let table: Vec<String> = rows.into_iter().map(|(_, row)| row).collect();
    let table = table.join("\n");
    steps::say(&format!("\n{table}\n"));
    if which.name.is_none() && !which.changed {
        write_log(&table, tally)?;
    }
    Ok(tally.conclude())
}

/// Plants each fault, and tells by its name what became of it.
fn proven(faults: &mut [Fault]) -> Result<(Vec<(String, String)>, Tally)> {
    let tree = paths::target().join("prove/tree");
    let (tools, postgres) = Toolbox::bring(|| Cluster::open(Kind::Test)?.start())?;
    step("Scratch copy", |_| scratch::copy(&tree).and_then(|()| scratch::set_apart(&tree)))?;
    let bench = Bench { tree: &tree, tools: &tools, postgres: &postgres };
    faults.sort_by_key(|fault| (deepest(fault), describe(&fault.test)));
    let sound = sound(faults, &bench)?;
    let (mut rows, mut tally) = (Vec::new(), Tally::default());
    for fault in faults {
        let finding = match sound.get(&describe(&fault.test)) {
            Some(Ok(())) => step(&fault.name, |_| plant(fault, &tree, &bench))
                .unwrap_or_else(|error| Finding::Broken(format!("{error:#}"))),
            Some(Err(why)) => Finding::Broken(why.clone()),
            None => Finding::Broken("its test was not run".to_owned()),
        };
        interrupt::check()?;
        match finding {
            Finding::Noticed => tally.passed += 1,
            _ => tally.failed += 1,
        }
        rows.push((fault.name.clone(), row(fault, &finding)));
    }
    Ok((rows, tally))
}

/// How far down the crates a fault reaches, lowest first. What is above is compiled anew for it, and once more when
/// the fault is gone, so faults of one crate come one after the other.
fn deepest(fault: &Fault) -> usize {
    const UPWARDS: &[&str] =
        &["migrations", "crates/domain", "crates/store", "crates/accounts", "crates/edge", "app", "server"];
    let depth = |file: &PathBuf| UPWARDS.iter().position(|folder| file.starts_with(folder));
    fault.files.iter().filter_map(depth).min().unwrap_or(UPWARDS.len())
}

/// What became of a fault.
enum Finding {
    Noticed,
    Unnoticed,
    Broken(String),
}

/// Every named test must be there and green before any fault is planted.
fn sound(faults: &[Fault], bench: &Bench) -> Result<BTreeMap<String, Result<(), String>>> {
    let mut sound = BTreeMap::new();
    for fault in faults {
        let name = describe(&fault.test);
        if sound.contains_key(&name) {
            continue;
        }
        let verdict = step(&format!("Without a fault: {name}"), |step| bench.run(&fault.test, step));
        interrupt::check()?;
        let result = match verdict {
            Ok(Verdict::Green) => Ok(()),
            Ok(Verdict::Red) => Err("its test is red without the fault".to_owned()),
            Ok(Verdict::NoTest) => Err("no test has that name".to_owned()),
            Ok(Verdict::DoesNotCompile(_)) => Err("the project does not compile".to_owned()),
            Err(error) => Err(format!("{error:#}")),
        };
        sound.insert(name, result);
    }
    Ok(sound)
}

/// Plants one fault, runs its test, and takes the fault out again.
fn plant(fault: &Fault, tree: &Path, bench: &Bench) -> Result<Finding> {
    apply(fault, tree, &[])?;
    let verdict = step(&format!("With {}", fault.name), |step| bench.run(&fault.test, step));
    apply(fault, tree, &["--reverse"])?;
    Ok(match verdict? {
        Verdict::Red => Finding::Noticed,
        Verdict::Green => Finding::Unnoticed,
        Verdict::NoTest => Finding::Broken("the fault removes its own test".to_owned()),
        Verdict::DoesNotCompile(why) => Finding::Broken(format!("the fault does not compile: {why}")),
    })
}

fn apply(fault: &Fault, tree: &Path, how: &[&str]) -> Result<()> {
    let mut git = Command::new("git");
    // The scratch copy lies inside the clone; git must not take it for a part of it.
    git.current_dir(tree).env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree));
    process::output(git.arg("apply").args(how).arg(&fault.patch)).map(drop)
}

fn describe(test: &Test) -> String {
    match test {
        Test::Cargo { package, filter } => format!("cargo -p {package} {filter}"),
        Test::Browser { title } => format!("e2e \"{title}\""),
    }
}

fn row(fault: &Fault, finding: &Finding) -> String {
    let (mark, word) = match finding {
        Finding::Noticed => ("✓", "noticed".to_owned()),
        Finding::Unnoticed => ("✗", "NOT NOTICED".to_owned()),
        Finding::Broken(why) => ("✗", why.lines().next().unwrap_or_default().to_owned()),
    };
    format!("{mark} {:<32} {word}\n    {}\n    {}", fault.name, fault.promise, describe(&fault.test))
}

fn write_log(table: &str, tally: Tally) -> Result<()> {
    let now = process::output(Command::new("date").args(["-u", "+%Y-%m-%d %H:%M UTC"]))?;
    let commit = process::output(process::program("git").args(["describe", "--always", "--dirty"]))?;
    let mut log = format!("cargo xtask prove, {}, commit {}\n", now.trim(), commit.trim());
    let _ = write!(
        log,
        "Each fault was planted in a scratch copy; its test, green before, had to go red.\n\n{table}\n\n"
    );
    let _ = writeln!(log, "{} passed, {} failed", tally.passed, tally.failed);
    Ok(fs::write(paths::root().join("docs/prove.log"), log)?)
}
