//! Documents that are followed in a scratch copy, as their reader would follow them.

mod edit;
pub(crate) mod new_page;

use crate::checks::generate;
use crate::lock::Lock;
use crate::postgres::{Cluster, Kind, Running};
use crate::steps::{Step, step};
use crate::tests::fault::Test;
use crate::tests::{Ran, Runner, Verdict};
use crate::tools::Toolbox;
use crate::{paths, process, scratch};
use anyhow::{Context, Result, bail};
use edit::{Draft, Edit};
use new_page::Audience;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// A document, the most that it may ask of its reader, and what proves it: its own test, and those that must not mind
/// what it adds.
pub(crate) struct Guide {
    document: &'static str,
    most: Most,
    /// Package and name.
    tests: &'static [(&'static str, &'static str)],
}

enum Most {
    /// Lines that are not empty.
    Lines(usize),
    /// Files beside migrations and tests.
    Files(usize),
}

pub(crate) const FIRST_PAGE: Guide = Guide {
    document: "docs/your-first-page.md",
    most: Most::Lines(60),
    tests: &[
        ("server", "people_see_their_own_parcels"),
        ("server", "every_page_admits_whom_it_should"),
        ("server", "the_table_is_complete"),
        ("accounts", "every_use_case_waits_for_the_proof_or_leads_to_it"),
        ("accounts", "every_column_of_the_database_is_in_the_table"),
        ("accounts", "the_document_shows_the_table"),
    ],
};

/// What `cargo xtask new page` made, beside the documents' pages.
const NEW_PAGES: &[(&str, Audience, &str)] = &[
    ("tool_loans", Audience::Members, "people_see_their_own_tool_loans"),
    ("door_keys", Audience::Admins, "only_admins_see_door_keys"),
];

pub(crate) const FIRST_FIELD: Guide = Guide {
    document: "docs/adding-a-field.md",
    most: Most::Files(6),
    tests: &[
        ("server", "people_tell_their_pronouns"),
        ("accounts", "every_limit_is_a_check_of_the_database"),
        ("accounts", "the_document_shows_the_table"),
    ],
};

/// `cargo xtask first-page` and `cargo xtask first-field`.
pub(crate) fn run(guide: Guide) -> Result<ExitCode> {
    let _lock = Lock::take("test")?;
    let (tools, postgres) = Toolbox::bring(|| Cluster::open(Kind::Test)?.start())?;
    check(&[guide], &tools, &postgres)?;
    Ok(ExitCode::SUCCESS)
}

/// Follows the documents in one copy, which is built once.
pub(crate) fn check(guides: &[Guide], tools: &Toolbox, postgres: &Running) -> Result<()> {
    let documents: Vec<&str> = guides.iter().map(|guide| guide.document).collect();
    step(&documents.join(" and "), |step| {
        let tree = paths::target().join("first-page");
        scratch::copy(&tree)?;
        scratch::set_apart(&tree, "guide")?;
        let asked: Vec<String> = guides.iter().map(|guide| guide.follow(&tree)).collect::<Result<_>>()?;
        for (name, audience, _) in NEW_PAGES {
            new_page::write(&tree, name, *audience)
                .with_context(|| format!("cargo xtask new page {name}"))?;
        }
        process::output(process::cargo().args(["fmt", "--all"]).current_dir(&tree))?;
        generate::write(&tree, &paths::target(), postgres, step)?;
        build_for_the_browser(&tree, step)?;
        let runner = Runner { tree: &tree, tools, postgres };
        runner.build(&[], step)?;
        generate::documents(&tree, &paths::target())?;
        for guide in guides {
            try_out(guide.document, guide.tests, &runner, step)?;
        }
        for (name, _, test) in NEW_PAGES {
            try_out(&format!("cargo xtask new page {name}"), &[("server", test)], &runner, step)?;
        }
        step.detail(format!("{}, followed and tested", asked.join(" and ")));
        Ok(())
    })
}

impl Guide {
    /// Changes the tree as the document says, and tells how much that was.
    fn follow(&self, tree: &Path) -> Result<String> {
        let document = self.document;
        let text = fs::read_to_string(paths::root().join(document))?;
        let edits = Edit::all(&text).with_context(|| document.to_owned())?;
        let (asked, most) = self.most.count(&edits);
        if asked > most {
            bail!("{document} asks for {asked} {}: {most} is the most", self.most.unit());
        }
        let mut draft = Draft::new();
        for edit in &edits {
            edit.apply(&mut draft, tree).with_context(|| document.to_owned())?;
        }
        edit::write(&draft, tree)?;
        let new = edits.iter().filter(|edit| edit.is_new_file()).map(Edit::file);
        let format = new.filter(|file| Path::new(file).extension().is_some_and(|kind| kind == "rs"));
        process::output(process::program("rustfmt").arg("--check").args(format).current_dir(tree))?;
        Ok(format!("{asked} {}", self.most.unit()))
    }
}

/// Runs the tests that something which was followed leads to.
fn try_out(followed: &str, tests: &[(&str, &str)], runner: &Runner, step: &mut Step) -> Result<()> {
    for (package, name) in tests {
        let test = Test::Cargo { package: (*package).to_owned(), filter: (*name).to_owned() };
        match runner.run(test.way(), &[&test], step)? {
            Ran::Unbuilt(why) => bail!("what {followed} leads to does not compile: {why}"),
            Ran::Told(said) => match said.get(&test) {
                Some(Verdict::Green) => {}
                Some(Verdict::Red) => bail!("{name} fails once {followed} is followed"),
                _ => bail!("{followed} leads to no test {name}"),
            },
        }
    }
    Ok(())
}

impl Most {
    /// How much is asked, and how much may be.
    fn count(&self, edits: &[Edit]) -> (usize, usize) {
        match self {
            Self::Lines(most) => (edits.iter().map(Edit::filled_lines).sum(), *most),
            Self::Files(most) => (by_hand(edits).len(), *most),
        }
    }

    fn unit(&self) -> &'static str {
        match self {
            Self::Lines(_) => "lines",
            Self::Files(_) => "files",
        }
    }
}

/// How many files a document has its reader write by hand, beside migrations and tests.
pub(crate) fn files_by_hand(document: &str) -> Result<usize> {
    Ok(by_hand(&Edit::all(document)?).len())
}

fn by_hand(edits: &[Edit]) -> BTreeSet<&str> {
    let files = edits.iter().map(Edit::file);
    files.filter(|file| !file.starts_with("migrations/") && !file.contains("tests/")).collect()
}

/// The copy is built in the clone's build folder, so that only our own crates are compiled again.
fn build_for_the_browser(tree: &Path, step: &mut Step) -> Result<()> {
    let mut browser = process::cargo();
    browser.args(["clippy", "--locked", "-p", "frontend", "-p", "app", "--lib"]);
    browser.args(["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]);
    process::build(step, browser.current_dir(tree).env("CARGO_TARGET_DIR", paths::target()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn migration_and_tests_do_not_count() {
        let block = |file: &str| format!("In `{file}`, after `x`:\n\n```rust\ny\n```\n");
        let document = ["migrations/1.sql", "a.rs", "a.rs", "server/tests/it/a.rs"].map(block).concat();
        assert_eq!(files_by_hand(&document).unwrap(), 1);
    }
}
