//! What a document tells its reader to write, and where.

use anyhow::{Context, Result, bail};
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// One block of a document.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Edit {
    file: String,
    place: Place,
    lines: Vec<String>,
}

/// Where a block belongs in its file.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    NewFile,
    End,
    Before(String),
    After(String),
    InsteadOf(String),
}

/// Files as edits leave them, which are not written yet.
pub(super) type Draft = BTreeMap<String, String>;

/// Writes what edits made of a tree.
pub(super) fn write(draft: &Draft, tree: &Path) -> Result<()> {
    for (file, text) in draft {
        fs::write(tree.join(file), text).with_context(|| file.clone())?;
    }
    Ok(())
}

impl Edit {
    /// The edits of a document. The line before each block says to the reader, and to us, what to do with it.
    pub(super) fn all(document: &str) -> Result<Vec<Self>> {
        let mut edits = Vec::new();
        let mut said = "";
        let mut lines = document.lines();
        while let Some(line) = lines.next() {
            if line.starts_with("```") {
                let block = lines.by_ref().take_while(|line| *line != "```").map(str::to_owned).collect();
                edits.push(Self::new(said, block)?);
            } else if !line.is_empty() {
                said = line;
            }
        }
        Ok(edits)
    }

    fn new(said: &str, lines: Vec<String>) -> Result<Self> {
        let parts: Vec<&str> = said.split('`').collect();
        let (file, place) = match parts[..] {
            ["New file ", file, ":"] => (file, Place::NewFile),
            ["At the end of ", file, ":"] => (file, Place::End),
            ["In ", file, ", before ", line, ":"] => (file, Place::Before(line.to_owned())),
            ["In ", file, ", after ", line, ":"] => (file, Place::After(line.to_owned())),
            ["In ", file, ", instead of ", line, ":"] => (file, Place::InsteadOf(line.to_owned())),
            _ => bail!("\"{said}\" does not say where its block belongs"),
        };
        Ok(Self { file: file.to_owned(), place, lines })
    }

    pub(super) fn file(&self) -> &str {
        &self.file
    }

    pub(super) fn is_new_file(&self) -> bool {
        self.place == Place::NewFile
    }

    pub(super) fn filled_lines(&self) -> usize {
        self.lines.iter().filter(|line| !line.trim().is_empty()).count()
    }

    /// The edit with other names, in its file's name and in its lines; its place stays.
    pub(super) fn renamed(&self, rename: impl Fn(&str) -> String) -> Self {
        let lines = self.lines.iter().map(|line| rename(line)).collect();
        Self { file: rename(&self.file), place: self.place.clone(), lines }
    }

    /// Adds the edit to what others have made of the tree's files.
    pub(super) fn apply(&self, draft: &mut Draft, tree: &Path) -> Result<()> {
        let path = tree.join(&self.file);
        let text = self.lines.join("\n") + "\n";
        let old = draft.get(&self.file).cloned().map_or_else(|| fs::read_to_string(&path), Ok);
        let new = match &self.place {
            Place::NewFile if old.is_ok() => bail!("{} is there already", self.file),
            Place::NewFile => text,
            place => {
                let old = old.with_context(|| self.file.clone())?;
                let put = put(&old, place, &text);
                put.with_context(|| format!("{} has no one place {place:?}", self.file))?
            }
        };
        draft.insert(self.file.clone(), new);
        Ok(())
    }
}

/// `text` beside the one line that a place names, however far it is indented, or in its stead.
fn put(old: &str, place: &Place, text: &str) -> Option<String> {
    let (Place::Before(wanted) | Place::After(wanted) | Place::InsteadOf(wanted)) = place else {
        return Some(format!("{old}{text}"));
    };
    let mut places = old.split_inclusive('\n').scan(0, |end, line| {
        let begin = *end;
        *end += line.len();
        Some((begin, *end, line.trim()))
    });
    let (begin, end, _) = places.find(|(.., line)| line == wanted)?;
    let only = !places.any(|(.., line)| line == wanted);
    let (before, after) = match place {
        Place::Before(_) => (begin, begin),
        Place::After(_) => (end, end),
        _ => (begin, end),
    };
    only.then(|| format!("{}{text}{}", &old[..before], &old[after..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_read_block_by_block() {
        let document = "# Title\n\nNew file `a.sql`:\n\n```sql\nCREATE\n```\n\nWhy.\n\nIn `b.rs`, after `mod a;`:\n\n\
                        ```rust\nmod b;\n\nmod c;\n```\n\nIn `b.rs`, instead of `mod a;`:\n\n```rust\nmod d;\n```\n";
        let edits = Edit::all(document).unwrap();
        assert_eq!(
            edits[0],
            Edit { file: "a.sql".into(), place: Place::NewFile, lines: vec!["CREATE".into()] }
        );
        assert_eq!(edits[1].place, Place::After("mod a;".into()));
        assert_eq!((edits[1].lines.len(), edits[1].filled_lines()), (3, 2));
        assert_eq!(edits[2].place, Place::InsteadOf("mod a;".into()));
        assert!(Edit::all("Somewhere:\n```\nx\n```\n").is_err());
    }

    #[test]
    fn a_line_that_is_missing_or_there_twice_is_no_place() {
        let b = || "b".to_owned();
        let put = |old: &str, place: Place| super::put(old, &place, "x\n");
        assert_eq!(put("a\n  b\nc\n", Place::After(b())).unwrap(), "a\n  b\nx\nc\n");
        assert_eq!(put("a\n  b\nc\n", Place::Before(b())).unwrap(), "a\nx\n  b\nc\n");
        assert_eq!(put("a\n  b\nc\n", Place::InsteadOf(b())).unwrap(), "a\nx\nc\n");
        assert_eq!(put("a\n", Place::End).unwrap(), "a\nx\n");
        assert_eq!(put("a\n", Place::After(b())), None);
        assert_eq!(put("b\nb\n", Place::InsteadOf(b())), None);
    }
}
