//! Planting faults in the scratch copy, running tests there, and taking the faults out again.

use super::findings::{self, Finding, Tree};
use super::groups;
use crate::steps::{Step, step};
use crate::tests::fault::{Fault, Test, Way};
use crate::tests::{Ran, Runner, Verdict};
use crate::{interrupt, process};
use anyhow::Result;
use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

/// Fewer faults than this are as quickly planted one by one.
const FEW: usize = 8;

/// Faults whose tests are built in one way.
pub(super) struct Planting<'a> {
    pub(super) runner: &'a Runner<'a>,
    pub(super) way: Way,
    pub(super) faults: &'a [Fault],
    pub(super) trees: Vec<Tree>,
}

impl Planting<'_> {
    /// What became of each fault.
    pub(super) fn findings(&mut self) -> Result<Vec<Finding>> {
        let unsound = self.unsound()?;
        let sound: Vec<usize> = (0..self.faults.len()).filter(|fault| unsound[*fault].is_none()).collect();
        let (alone, beside): (Vec<usize>, Vec<usize>) =
            sound.into_iter().partition(|fault| self.faults[*fault].alone);
        if beside.len() >= FEW {
            self.beside_each_other(&beside)?;
        }
        let open: Vec<usize> = self.open(&beside).into_iter().chain(alone).collect();
        self.each("Alone", &open.into_iter().map(|fault| vec![fault]).collect::<Vec<_>>(), &[])?;
        let mut findings = Vec::new();
        for (fault, unsound) in unsound.into_iter().enumerate() {
            let unproven = || Finding::Broken("it was not planted".to_owned());
            let found = unsound.or_else(|| findings::finding(&self.trees, self.faults, fault));
            findings.push(found.unwrap_or_else(unproven));
        }
        Ok(findings)
    }

    /// Twice in groups with every test, and what that leaves open among faults that were cleared by it.
    fn beside_each_other(&mut self, faults: &[usize]) -> Result<()> {
        let overlap = |one: usize, other: usize| self.faults[one].overlaps(&self.faults[other]);
        let twice = groups::twice(faults, overlap);
        self.each("Group", &twice, faults)?;
        let mut open = self.open(faults);
        open.retain(|fault| !findings::doubtful(&self.trees, self.faults, *fault));
        let clash = |one: usize, other: usize| {
            self.faults[one].overlaps(&self.faults[other])
                || !findings::indifferent(&self.trees, self.faults, one, other)
        };
        let once = groups::once(&open, clash);
        self.each("Cleared group", &once, &[])
    }

    fn open(&self, faults: &[usize]) -> Vec<usize> {
        let open = |fault: &&usize| findings::finding(&self.trees, self.faults, **fault).is_none();
        faults.iter().filter(open).copied().collect()
    }

    /// Every named test must be there and green before any fault is planted.
    fn unsound(&self) -> Result<Vec<Option<Finding>>> {
        let all: Vec<usize> = (0..self.faults.len()).collect();
        let tests = self.tests(&all);
        let ran = step(&format!("Without a fault: {} tests", tests.len()), |step| {
            self.runner.run(self.way, &tests, step)
        });
        let judge = |fault: &Fault| match &ran {
            Ok(Ran::Told(said)) => match said.get(&fault.test) {
                Some(Verdict::Green) => None,
                Some(Verdict::Red) => Some("its test is red without the fault".to_owned()),
                _ => Some("no test has that name".to_owned()),
            },
            Ok(Ran::Unbuilt(why)) => Some(format!("the project does not compile: {}", first_error(why))),
            Err(error) => Some(format!("{error:#}")),
        };
        interrupt::check()?;
        Ok(self.faults.iter().map(|fault| judge(fault).map(Finding::Broken)).collect())
    }

    /// Plants group after group and runs the tests of `asked`, or else of the group itself.
    fn each(&mut self, kind: &str, groups: &[Vec<usize>], asked: &[usize]) -> Result<()> {
        for (number, group) in groups.iter().enumerate() {
            let name = match group[..] {
                [fault] => format!(": {}", self.faults[fault].name),
                _ => String::new(),
            };
            let title = format!("{kind} {} of {}{name}", number + 1, groups.len());
            let tests = self.tests(if asked.is_empty() { group } else { asked });
            let tree = step(&title, |step| {
                let tree = self.plant(group, &tests, step)?;
                step.detail(self.summary(&tree));
                Ok(tree)
            })?;
            self.trees.push(tree);
        }
        Ok(())
    }

    /// Plants what can be planted together, runs the tests, and takes all out again.
    fn plant(&self, group: &[usize], tests: &[&Test], step: &mut Step) -> Result<Tree> {
        let mut planted = Vec::new();
        let mut said = Err("its patch does not apply".to_owned());
        for fault in group {
            match self.apply(*fault, &[]) {
                Ok(()) => planted.push(*fault),
                Err(error) => said = Err(format!("{error:#}")),
            }
        }
        while !planted.is_empty() {
            let why = match self.runner.run(self.way, tests, step) {
                Ok(Ran::Told(verdicts)) => {
                    said = Ok(verdicts);
                    break;
                }
                Ok(Ran::Unbuilt(why)) => why,
                Err(error) => format!("{error:#}"),
            };
            interrupt::check()?;
            said = Err(format!("the fault does not compile: {}", first_error(&why)));
            // Two patches that apply together may still not compile together: the others go on without them.
            let (out, rest): (Vec<usize>, Vec<usize>) =
                planted.iter().copied().partition(|fault| named_by_errors(&why, &self.faults[*fault].files));
            if out.is_empty() || rest.is_empty() {
                break;
            }
            for fault in out {
                self.apply(fault, &["--reverse"])?;
            }
            planted = rest;
        }
        for fault in planted.iter().rev() {
            self.apply(*fault, &["--reverse"])?;
        }
        // A fault that was alone is judged by the reason that kept it out.
        Ok(Tree { planted: if group.len() == 1 { group.to_vec() } else { planted }, said })
    }

    fn apply(&self, fault: usize, how: &[&str]) -> Result<()> {
        let tree = self.runner.tree;
        let mut git = Command::new("git");
        // The scratch copy lies inside the clone; git must not take it for a part of it.
        git.current_dir(tree).env("GIT_CEILING_DIRECTORIES", tree.parent().unwrap_or(tree));
        process::output(git.arg("apply").args(how).arg(&self.faults[fault].patch)).map(drop)
    }

    fn tests(&self, faults: &[usize]) -> Vec<&Test> {
        let tests: BTreeSet<&Test> = faults.iter().map(|fault| &self.faults[*fault].test).collect();
        tests.into_iter().collect()
    }

    /// How many tests were red without a fault of theirs, and which faults were not noticed.
    fn summary(&self, tree: &Tree) -> String {
        let said = match &tree.said {
            Ok(said) => said,
            Err(why) => return why.clone(),
        };
        let red = |test: &Test| said.get(test) == Some(&Verdict::Red);
        let own = self.tests(&tree.planted);
        let others = said.keys().filter(|test| red(test) && !own.contains(test)).count();
        let planted = tree.planted.iter().map(|fault| &self.faults[*fault]);
        let unnoticed: Vec<&str> =
            planted.filter(|fault| !red(&fault.test)).map(|fault| fault.name.as_str()).collect();
        format!("{} planted, other tests red: {others}; not noticed: {unnoticed:?}", tree.planted.len())
    }
}

fn first_error(text: &str) -> &str {
    text.lines().find(|line| line.starts_with("error")).unwrap_or("the build failed")
}

/// Whether the compiler's errors, and not only its warnings, point into one of these files.
fn named_by_errors(text: &str, files: &[PathBuf]) -> bool {
    let errors = text.split("\n\n").filter(|part| part.lines().any(|line| line.starts_with("error")));
    let places = errors.flat_map(str::lines).filter_map(|line| line.trim().strip_prefix("--> "));
    let named = |place: &str| files.iter().any(|file| place.starts_with(&format!("{}:", file.display())));
    places.into_iter().any(named)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_name_their_files_and_warnings_do_not_count() {
        let text = "warning: unused\n --> app/src/a.rs:1:2\n  |\n\n   Compiling b\nerror[E0425]: no `x`\n  --> crates/b/src/b.rs:3:4\n  |\n\n\
                    error: could not compile `b`\n\n`cargo test` failed";
        assert!(named_by_errors(text, &["crates/b/src/b.rs".into()]));
        assert!(!named_by_errors(text, &["app/src/a.rs".into(), "crates/b/src/b".into()]));
        assert_eq!(first_error(text), "error[E0425]: no `x`");
    }
}
