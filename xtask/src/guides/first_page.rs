//! `cargo xtask first-page`: follows docs/your-first-page.md in a scratch copy, as its reader would.

use crate::checks::generate;
use crate::lock::Lock;
use crate::postgres::{Cluster, Kind, Running};
use crate::steps::{Step, step};
use crate::tests::fault::Test;
use crate::tests::{Ran, Runner, Verdict};
use crate::tools::Toolbox;
use crate::{paths, process, scratch};
use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

const PAGE: &str = "docs/your-first-page.md";
/// How many lines that are not empty the page may ask its reader to write.
const MOST_LINES: usize = 60;
/// The page's own test, and those that must not mind it.
const TESTS: &[&str] =
    &["people_see_their_own_parcels", "every_page_admits_whom_it_should", "the_table_is_complete"];

pub(crate) fn run() -> Result<ExitCode> {
    let _lock = Lock::take("test")?;
    let (tools, postgres) = Toolbox::bring(|| Cluster::open(Kind::Test)?.start())?;
    check(&tools, &postgres)?;
    Ok(ExitCode::SUCCESS)
}

pub(crate) fn check(tools: &Toolbox, postgres: &Running) -> Result<()> {
    step(PAGE, |step| {
        let edits = read(&fs::read_to_string(paths::root().join(PAGE))?)?;
        let lines = edits.iter().flat_map(|edit| &edit.lines).filter(|line| !line.trim().is_empty()).count();
        if lines > MOST_LINES {
            bail!("{PAGE} asks for {lines} lines: {MOST_LINES} is the most");
        }
        let tree = paths::target().join("first-page");
        scratch::copy(&tree)?;
        scratch::set_apart(&tree)?;
        for edit in &edits {
            edit.apply(&tree)?;
        }
        let new = edits.iter().filter(|edit| edit.after.is_none()).map(|edit| &edit.file);
        let format = new.filter(|file| Path::new(file).extension().is_some_and(|kind| kind == "rs"));
        process::output(process::program("rustfmt").arg("--check").args(format).current_dir(&tree))?;
        generate::write(&tree, &paths::target(), postgres, step)?;
        try_out(&tree, tools, postgres, step)?;
        step.detail(format!("{lines} lines, followed and tested"));
        Ok(())
    })
}

/// The copy is built where the clone is, so that only our own crates are compiled anew.
fn try_out(tree: &Path, tools: &Toolbox, postgres: &Running, step: &mut Step) -> Result<()> {
    let mut browser = process::cargo();
    browser.args(["clippy", "--locked", "-p", "frontend", "-p", "app", "--lib"]);
    browser.args(["--target", "wasm32-unknown-unknown", "--", "-D", "warnings"]);
    process::build(step, browser.current_dir(tree).env("CARGO_TARGET_DIR", paths::target()))?;
    let runner = Runner { tree, tools, postgres };
    for name in TESTS {
        let test = Test::Cargo { package: "server".to_owned(), filter: (*name).to_owned() };
        match runner.run(test.way(), &[&test], step)? {
            Ran::Unbuilt(why) => bail!("what {PAGE} leads to does not compile: {why}"),
            Ran::Told(said) => match said.get(&test) {
                Some(Verdict::Green) => {}
                Some(Verdict::Red) => bail!("{name} fails once {PAGE} is followed"),
                _ => bail!("{PAGE} leads to no test {name}"),
            },
        }
    }
    Ok(())
}

/// One block of the page: a new file, or lines to be put after a line of an old one.
#[derive(Debug, PartialEq)]
struct Edit {
    file: String,
    after: Option<String>,
    lines: Vec<String>,
}

/// The line before each block says what to do with it, to the reader and to us.
fn read(page: &str) -> Result<Vec<Edit>> {
    let mut edits = Vec::new();
    let mut said = "";
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let block = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
            edits.push(Edit::new(said, block)?);
        } else if !line.is_empty() {
            said = line;
        }
    }
    Ok(edits)
}

impl Edit {
    fn new(said: &str, lines: Vec<String>) -> Result<Self> {
        let parts: Vec<&str> = said.split('`').collect();
        let (file, after) = match parts[..] {
            ["New file ", file, ":"] => (file, None),
            ["In ", file, ", after ", line, ":"] => (file, Some(line.to_owned())),
            _ => bail!("{PAGE}: \"{said}\" does not say where its block belongs"),
        };
        Ok(Self { file: file.to_owned(), after, lines })
    }

    fn apply(&self, tree: &Path) -> Result<()> {
        let path = tree.join(&self.file);
        let mut text = self.lines.join("\n") + "\n";
        if let Some(after) = &self.after {
            let old = fs::read_to_string(&path).with_context(|| format!("{PAGE}: {}", self.file))?;
            text = insert(&old, after, &text)
                .with_context(|| format!("{PAGE}: {} has not one line `{after}`", self.file))?;
        } else if path.exists() {
            bail!("{PAGE}: {} is there already", self.file);
        }
        Ok(fs::write(&path, text)?)
    }
}

/// `text` after the one line that reads `after`, however far it is indented.
fn insert(old: &str, after: &str, text: &str) -> Option<String> {
    let mut places = old.split_inclusive('\n').scan(0, |end, line| {
        *end += line.len();
        Some((*end, line.trim()))
    });
    let (end, _) = places.find(|(_, line)| *line == after)?;
    let only = !places.any(|(_, line)| line == after);
    only.then(|| format!("{}{text}{}", &old[..end], &old[end..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_read_block_by_block() {
        let page = "# Title\n\nNew file `a.sql`:\n\n```sql\nCREATE\n```\n\nWhy.\n\nIn `b.rs`, after `mod a;`:\n\n\
                    ```rust\nmod b;\n\nmod c;\n```\n";
        let edits = read(page).unwrap();
        assert_eq!(edits[0], Edit { file: "a.sql".into(), after: None, lines: vec!["CREATE".into()] });
        assert_eq!(edits[1].after.as_deref(), Some("mod a;"));
        assert_eq!(edits[1].lines, ["mod b;", "", "mod c;"]);
        assert!(read("Somewhere:\n```\nx\n```\n").is_err());
    }

    #[test]
    fn a_line_that_is_missing_or_there_twice_is_no_place() {
        assert_eq!(insert("a\n  b\nc\n", "b", "x\n").as_deref(), Some("a\n  b\nx\nc\n"));
        assert_eq!(insert("a\n", "b", "x\n"), None);
        assert_eq!(insert("b\nb\n", "b", "x\n"), None);
    }
}
