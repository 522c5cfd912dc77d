//! What a document tells its reader to write, and where.

use anyhow::{Context, Result, bail};
use std::fs;
use std::path::Path;

/// One block of a document.
#[derive(Debug, PartialEq)]
pub(super) struct Edit {
    file: String,
    place: Place,
    lines: Vec<String>,
}

/// Where a block belongs in its file.
#[derive(Debug, PartialEq)]
enum Place {
    NewFile,
    After(String),
    InsteadOf(String),
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

    pub(super) fn apply(&self, tree: &Path) -> Result<()> {
        let path = tree.join(&self.file);
        let text = self.lines.join("\n") + "\n";
        let (line, stays) = match &self.place {
            Place::NewFile if path.exists() => bail!("{} is there already", self.file),
            Place::NewFile => return Ok(fs::write(&path, text)?),
            Place::After(line) => (line, true),
            Place::InsteadOf(line) => (line, false),
        };
        let old = fs::read_to_string(&path).with_context(|| self.file.clone())?;
        let Some(new) = put(&old, line, stays, &text) else {
            bail!("{} has not one line `{line}`", self.file)
        };
        Ok(fs::write(&path, new)?)
    }
}

/// `text` after the one line that reads `wanted`, however far it is indented, or in its stead.
fn put(old: &str, wanted: &str, stays: bool, text: &str) -> Option<String> {
    let mut places = old.split_inclusive('\n').scan(0, |end, line| {
        let begin = *end;
        *end += line.len();
        Some((begin, *end, line.trim()))
    });
    let (begin, end, _) = places.find(|(.., line)| *line == wanted)?;
    let only = !places.any(|(.., line)| line == wanted);
    let before = if stays { end } else { begin };
    only.then(|| format!("{}{text}{}", &old[..before], &old[end..]))
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
        assert_eq!(put("a\n  b\nc\n", "b", true, "x\n").as_deref(), Some("a\n  b\nx\nc\n"));
        assert_eq!(put("a\n  b\nc\n", "b", false, "x\n").as_deref(), Some("a\nx\nc\n"));
        assert_eq!(put("a\n", "b", true, "x\n"), None);
        assert_eq!(put("b\nb\n", "b", false, "x\n"), None);
    }
}
