use std::path::Path;

/// A README as it was published.
pub struct Readme {
    text: String,
    blocks: Vec<Block>,
}

/// What stands between two fences, under which heading, in which language.
struct Block {
    heading: String,
    language: String,
    text: String,
}

impl Readme {
    pub fn read(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/seeds").join(format!("{name}.md"));
        let text = std::fs::read_to_string(path).unwrap();
        let (mut blocks, mut heading) = (Vec::new(), String::new());
        let mut lines = text.lines();
        while let Some(line) = lines.next() {
            if let Some(language) = line.strip_prefix("```") {
                let inside: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
                let language = language.to_owned();
                blocks.push(Block { heading: heading.clone(), language, text: inside.join("\n") });
            } else if line.starts_with('#') {
                line.trim_start_matches('#').trim().clone_into(&mut heading);
            }
        }
        Self { text, blocks }
    }

    /// The n-th block in a language under a heading, from 0.
    #[track_caller]
    pub fn block(&self, heading: &str, language: &str, n: usize) -> &str {
        let wanted = |block: &&Block| block.heading == heading && block.language == language;
        &self.blocks.iter().filter(wanted).nth(n).unwrap_or_else(|| panic!("{heading}, {language} {n}")).text
    }

    /// The calls of a list such as "- `GET /users/me` - Get current user profile", and what they do.
    pub fn listed_calls(&self) -> Vec<(String, &str)> {
        let calls = self.text.lines().filter_map(|line| line.strip_prefix("- `")?.split_once('`'));
        calls.filter(|(call, _)| call.contains(' ')).map(|(call, what)| (call.to_owned(), what)).collect()
    }

    /// Whether the README says this.
    #[track_caller]
    pub fn says(&self, words: &str) {
        assert!(self.text.contains(words), "{words}");
    }
}

/// A block with what it leaves blank.
#[track_caller]
pub fn fill(block: &str, blank: &str, value: &str) -> String {
    assert!(block.contains(blank), "{blank} is not in\n{block}");
    block.replace(blank, value)
}
