//! `cargo xtask new page NAME`: what docs/your-first-page.md shows, under another name. The document is the template, so
//! that the two cannot differ.

use super::FIRST_PAGE;
use super::edit::{self, Draft, Edit};
use crate::checks::generate;
use crate::migration;
use crate::{paths, process, steps};
use anyhow::{Context, Result, bail, ensure};
use std::fs;
use std::path::Path;
use std::process::ExitCode;

/// Whom the page is for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Audience {
    /// Every member sees their own rows.
    #[default]
    Members,
    /// Admins see all rows.
    Admins,
}

/// What the document says that only parcels are, and what another page says instead.
const NEUTRAL: &[(&str, &str)] = &[
    ("Parcels at the door: who sent something to whom.", "HEADING of each account."),
    ("Your parcels", "HEADING"),
    ("They wait at the door.", "Only you see them."),
    ("senders", "titles"),
    ("sender", "title"),
    ("Joe", "First"),
];

/// What an admin's page says instead of a member's. Each must stand in the document.
const FOR_ADMINS: &[(&str, &str)] = &[
    ("senders(store: &Store, user: domain::UserId)", "senders(store: &Store)"),
    ("FROM parcels WHERE user_id = $1 ORDER BY sender\", user.0)", "FROM parcels ORDER BY sender\")"),
    (
        "Ok(store::parcels::senders(self.store(), ctx.member()?.user).await?)",
        "ctx.admin()?;\n        Ok(store::parcels::senders(self.store()).await?)",
    ),
    ("[`Error::SignInNeeded`], ", "[`Error::SignInNeeded`], [`Error::Forbidden`], "),
    ("They wait at the door.", "Those of all accounts."),
    ("\"/account/parcels\" Members", "\"/admin/parcels\" Admins"),
    ("(\"/account/parcels\", [303, 200, 200, 200])", "(\"/admin/parcels\", [303, 403, 200, 403])"),
    ("people_see_their_own_parcels", "only_admins_see_parcels"),
    ("let (mut ana, mut eve) = (app.member(\"ana\")", "let (mut ana, mut eve) = (app.admin(\"ana\")"),
    ("ana.get(\"/account/parcels\")", "ana.get(\"/admin/parcels\")"),
    (
        "assert!(!eve.get(\"/account/parcels\").await.expect(200).text.contains(\"Joe\"));",
        "assert!(!eve.get(\"/admin/parcels\").await.expect(403).text.contains(\"Joe\"));",
    ),
];
/// Where only members' pages are linked.
const MEMBERS_LINKS: &str = "app/src/site/header.rs";

/// Rust's own words, and those that Postgres takes for no table's name.
const RESERVED: &str = "abstract all analyse analyze and any array as asc async asymmetric await become both box break \
    case cast check collate column const constraint continue crate create current_catalog current_date current_role \
    current_time current_timestamp current_user default deferrable desc distinct do dyn else end enum except extern \
    false fetch final fn for foreign from gen grant group having if impl in initially intersect into lateral leading \
    let limit localtime localtimestamp loop macro match mod move mut not null offset on only or order override placing \
    primary priv pub ref references return returning select self session_user some static struct super symmetric \
    system_user table then to trailing trait true try type typeof union unique unsafe unsized use user using variadic \
    virtual when where while window with yield";

pub(crate) fn run(name: &str, audience: Audience) -> Result<ExitCode> {
    let root = paths::root();
    let files = write(root, name, audience)?;
    process::output(process::cargo().args(["fmt", "--all"]).current_dir(root))?;
    steps::say(&format!("Written:\n  {}\n", files.join("\n  ")));
    let done = generate::run()?;
    steps::say(&format!("\nRead them, change them, and run `cargo xtask test {name}`."));
    Ok(done)
}

/// Writes the page into a tree, all of it or nothing, and returns what it wrote or changed.
pub(super) fn write(tree: &Path, name: &str, audience: Audience) -> Result<Vec<String>> {
    check(tree, name)?;
    let document = FIRST_PAGE.document;
    let text = fs::read_to_string(paths::root().join(document)).context(document)?;
    let edits = Edit::all(&text).context(document)?;
    if let Some((gone, _)) = FOR_ADMINS.iter().find(|(member, _)| !text.contains(member)) {
        bail!("{document} does not say `{gone}` any more");
    }
    let version = migration::next(&tree.join("migrations"))?;
    let mut draft = Draft::new();
    for edit in edits.iter().filter(|edit| audience == Audience::Members || edit.file() != MEMBERS_LINKS) {
        edit.renamed(|line| renamed(line, name, audience, &version)).apply(&mut draft, tree)?;
    }
    edit::write(&draft, tree)?;
    Ok(draft.into_keys().collect())
}

fn check(tree: &Path, name: &str) -> Result<()> {
    ensure!(
        migration::good(name) && name.len() <= 40,
        "`{name}` is no name for a page: a-z, 0-9 and _, beginning with a letter, such as tool_loans"
    );
    ensure!(
        !RESERVED.split_whitespace().any(|word| word == name),
        "`{name}` is a word of Rust's or of SQL's"
    );
    let words = fs::read_to_string(tree.join("locales/en.toml"))?;
    ensure!(!words.lines().any(|line| line == format!("[{name}]")), "locales/en.toml has a [{name}] already");
    Ok(())
}

/// A line of the document, or a file's name, for another page.
fn renamed(line: &str, name: &str, audience: Audience, version: &str) -> String {
    let mut line = line.replace("20270101000000", version);
    let members = if audience == Audience::Admins { FOR_ADMINS } else { &[] };
    for (before, after) in members.iter().chain(NEUTRAL) {
        line = line.replace(before, after);
    }
    let in_addresses = name.replace('_', "-");
    let line = line.replace("/parcels\"", &format!("/{in_addresses}\""));
    let line = line.replace("parcels/load", &format!("{in_addresses}/load"));
    let line = line.replace("HEADING", &heading(name)).replace("Parcels", &pascal_case(name));
    line.replace("parcels", name)
}

fn heading(name: &str) -> String {
    capitalized(&name.replace('_', " "))
}

fn pascal_case(name: &str) -> String {
    name.split('_').map(capitalized).collect()
}

fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_document_is_another_pages() {
        let line = |line, audience| renamed(line, "tool_loans", audience, "20280101000000");
        let route = "    \"/account/parcels\" Members ParcelsPage;";
        assert_eq!(line(route, Audience::Members), "    \"/account/tool-loans\" Members ToolLoansPage;");
        assert_eq!(line(route, Audience::Admins), "    \"/admin/tool-loans\" Admins ToolLoansPage;");
        assert_eq!(line("heading = \"Your parcels\"", Audience::Members), "heading = \"Tool loans\"");
        let migration = line("migrations/20270101000000_parcels.sql", Audience::Members);
        assert_eq!(migration, "migrations/20280101000000_tool_loans.sql");
    }

    #[test]
    fn a_name_that_cannot_be_one_is_refused() {
        for bad in ["", "../x", "Orders", "1st", "user", "type", "order", "login", &"a".repeat(41)] {
            assert!(check(paths::root(), bad).is_err(), "{bad}");
        }
        check(paths::root(), "tool_loans").unwrap();
    }
}
