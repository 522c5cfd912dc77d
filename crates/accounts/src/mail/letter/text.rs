//! A mail as plain text.

use super::content::{Block, Content};
use super::{Sender, one_line};

/// RFC 3676 advises 78 at most.
const WIDTH: usize = 72;

pub(super) fn of(content: &Content, sender: &Sender) -> String {
    let mut text = wrapped(&content.heading);
    for block in &content.blocks {
        text.push('\n');
        let part = match block {
            Block::Paragraph(paragraph) => wrapped(paragraph),
            Block::Facts(facts) => lines(facts),
            Block::Code(code) => ["    ", &one_line(code), "\n"].concat(),
            Block::Button { label, link, .. } => linked(label, link),
            Block::Link { label, link } => linked(label, link),
            Block::Help(label) => linked(label, sender.support_url.unwrap_or_default()),
        };
        text += &part;
    }
    text += "\n-- \n";
    text += &wrapped(&content.reason);
    text + sender.base_url + "\n"
}

fn lines(facts: &[(&str, String)]) -> String {
    let line = |(label, value): &(&str, String)| [*label, ": ", &one_line(value), "\n"].concat();
    facts.iter().map(line).collect()
}

/// An address on a line of its own: broken, or with a full stop behind it, it would lead nowhere.
fn linked(label: &str, link: &str) -> String {
    format!("{}{link}\n", wrapped(&format!("{label}:")))
}

/// As one paragraph, whatever a value in it holds.
fn wrapped(text: &str) -> String {
    let (mut lines, mut width) = (String::new(), 0);
    for word in one_line(text).split(' ') {
        let letters = word.chars().count();
        if width > 0 && width + 1 + letters > WIDTH {
            lines.push('\n');
            width = 0;
        } else if width > 0 {
            lines.push(' ');
            width += 1;
        }
        lines += word;
        width += letters;
    }
    lines + "\n"
}
