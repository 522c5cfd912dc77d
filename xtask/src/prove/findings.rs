//! The test results of each tree that faults were planted in, and what follows from them.

use crate::tests::fault::{Fault, Test};
use crate::tests::{Verdict, Verdicts};

/// A tree, the faults that were in it, and what the tests said.
pub(super) struct Tree {
    pub(super) planted: Vec<usize>,
    pub(super) said: Result<Verdicts, String>,
}

/// What became of a fault.
#[derive(Debug, PartialEq)]
pub(super) enum Finding {
    /// Beside how many others.
    Noticed(usize),
    Unnoticed,
    Broken(String),
}

impl Tree {
    fn says(&self, test: &Test) -> Option<Verdict> {
        self.said.as_ref().ok()?.get(test).copied()
    }

    fn says_green(&self, test: &Test) -> bool {
        self.says(test) == Some(Verdict::Green)
    }

    fn alone(&self, fault: usize) -> bool {
        self.planted == [fault]
    }
}

/// Whether a fault was in a tree in which the test was green: it does not turn that test red.
pub(super) fn cleared(trees: &[Tree], fault: usize, test: &Test) -> bool {
    trees.iter().any(|tree| tree.planted.contains(&fault) && tree.says_green(test))
}

/// Whether neither fault turns the other's test red.
pub(super) fn indifferent(trees: &[Tree], faults: &[Fault], one: usize, other: usize) -> bool {
    cleared(trees, one, &faults[other].test) && cleared(trees, other, &faults[one].test)
}

/// Whether a fault's test was once not red although the fault was there. A companion may have hidden it, so the fault
/// is judged alone.
pub(super) fn doubtful(trees: &[Tree], faults: &[Fault], fault: usize) -> bool {
    let said =
        trees.iter().filter(|tree| tree.planted.contains(&fault)).filter_map(|tree| tree.said.as_ref().ok());
    said.filter_map(|said| said.get(&faults[fault].test)).any(|verdict| *verdict != Verdict::Red)
}

/// A fault that was alone is judged by that. Any other is noticed when its test was red wherever it was planted, and
/// in one of these trees nothing else can be the reason.
pub(super) fn finding(trees: &[Tree], faults: &[Fault], fault: usize) -> Option<Finding> {
    let test = &faults[fault].test;
    if let Some(tree) = trees.iter().find(|tree| tree.alone(fault)) {
        return Some(judged_alone(tree, test));
    }
    if doubtful(trees, faults, fault) {
        return None;
    }
    let only_reason = |tree: &&Tree| {
        let mut others = tree.planted.iter().filter(|other| **other != fault);
        tree.planted.contains(&fault)
            && tree.says(test) == Some(Verdict::Red)
            && others.all(|other| cleared(trees, *other, test))
    };
    trees.iter().find(only_reason).map(|tree| Finding::Noticed(tree.planted.len() - 1))
}

fn judged_alone(tree: &Tree, test: &Test) -> Finding {
    match &tree.said {
        Err(why) => Finding::Broken(why.clone()),
        Ok(said) => match said.get(test) {
            Some(Verdict::Red) => Finding::Noticed(0),
            Some(Verdict::Green) => Finding::Unnoticed,
            _ => Finding::Broken("the fault removes its own test".to_owned()),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::PathBuf;

    fn test(fault: usize) -> Test {
        Test::Cargo { package: "accounts".into(), filter: format!("test_{fault}") }
    }

    fn faults() -> Vec<Fault> {
        let fault = |number| Fault {
            name: format!("fault-{number}"),
            patch: PathBuf::new(),
            promise: String::new(),
            test: test(number),
            alone: false,
            files: Vec::new(),
            hunks: Vec::new(),
        };
        (0..4).map(fault).collect()
    }

    fn tree(planted: &[usize], red: &[usize]) -> Tree {
        let verdict = |fault| if red.contains(&fault) { Verdict::Red } else { Verdict::Green };
        let said = (0..4).map(|fault| (test(fault), verdict(fault))).collect();
        Tree { planted: planted.to_vec(), said: Ok(said) }
    }

    #[test]
    fn a_fault_is_noticed_where_nothing_else_can_be_the_reason() {
        let trees = [tree(&[0, 1], &[0, 1]), tree(&[0, 2], &[0, 2]), tree(&[1, 2], &[1, 2])];
        assert_eq!(finding(&trees, &faults(), 0), Some(Finding::Noticed(1)));
        assert!(indifferent(&trees, &faults(), 0, 1));
    }

    #[test]
    fn red_because_of_a_companion_proves_nothing() {
        // The test of fault 0 is red wherever fault 1 is.
        let trees = [tree(&[0, 1], &[0, 1]), tree(&[1, 2], &[0, 1, 2])];
        assert_eq!(finding(&trees, &faults(), 0), None);
        assert!(!indifferent(&trees, &faults(), 0, 1));
        let later = [trees, [tree(&[0], &[]), tree(&[3], &[])]].into_iter().flatten().collect::<Vec<_>>();
        assert_eq!(finding(&later, &faults(), 0), Some(Finding::Unnoticed));
    }

    #[test]
    fn what_was_once_green_is_judged_alone() {
        let mut trees = vec![tree(&[0, 1], &[0, 1]), tree(&[0, 2], &[2]), tree(&[1, 2], &[1, 2])];
        assert!(doubtful(&trees, &faults(), 0));
        assert_eq!(finding(&trees, &faults(), 0), None);
        trees.push(tree(&[0], &[0]));
        assert_eq!(finding(&trees, &faults(), 0), Some(Finding::Noticed(0)));
    }

    #[test]
    fn a_tree_that_does_not_compile_tells_nothing() {
        let broken = |planted: &[usize]| Tree { planted: planted.to_vec(), said: Err("no".into()) };
        assert_eq!(finding(&[broken(&[0, 1])], &faults(), 0), None);
        assert!(!doubtful(&[broken(&[0, 1])], &faults(), 0));
        assert_eq!(finding(&[broken(&[0])], &faults(), 0), Some(Finding::Broken("no".into())));
    }
}
