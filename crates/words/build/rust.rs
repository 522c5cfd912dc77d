//! The table as Rust: a module for each section, a function for each sentence.

use super::sentence::{Argument, Kind, Language, Piece, Sentence};
use std::fmt::Write;

/// The whole file. English, which is the first, says which functions there are.
pub(crate) fn table(languages: &[Language]) -> String {
    let mut rust = enumeration(languages);
    let Some(first) = languages.first() else { return rust };
    let mut section = "";
    for sentence in &first.sentences {
        if sentence.section != section {
            rust += if section.is_empty() { "" } else { "}\n" };
            section = &sentence.section;
            _ = writeln!(rust, "/// `[{section}]`\npub mod {section} {{");
        }
        let translated = languages.iter().filter_map(|language| {
            let same = |other: &&Sentence| other.section == sentence.section && other.key == sentence.key;
            Some((language, language.sentences.iter().find(same)?))
        });
        rust += &function(sentence, translated);
    }
    rust + "}\n"
}

fn enumeration(languages: &[Language]) -> String {
    let (mut variants, mut names, mut codes) = (String::new(), String::new(), String::new());
    for Language { code, .. } in languages {
        let name = variant(code);
        _ = writeln!(variants, "    /// `{code}`\n    {name},");
        _ = write!(names, "Self::{name}, ");
        _ = writeln!(codes, "            Self::{name} => {code:?},");
    }
    format!(
        "/// A language that the sentences are there in.\n\
         #[derive(Debug, Clone, Copy, PartialEq, Eq)]\npub enum Language {{\n{variants}}}\n\n\
         impl Language {{\n    /// All of them.\n    pub const ALL: &[Self] = &[{names}];\n\n    \
         /// As HTML and HTTP call it.\n    #[must_use]\n    \
         pub const fn code(self) -> &'static str {{\n        match self {{\n{codes}        }}\n    }}\n}}\n\n"
    )
}

/// `pt-br` is `PtBr`.
fn variant(code: &str) -> String {
    let parts = code.split('-').filter_map(|part| part.split_at_checked(1));
    parts.map(|(first, rest)| first.to_ascii_uppercase() + rest).collect()
}

fn function<'a>(
    sentence: &Sentence,
    translated: impl Iterator<Item = (&'a Language, &'a Sentence)>,
) -> String {
    let mut rust = String::new();
    for (_, pieces) in &sentence.forms {
        _ = writeln!(rust, "    /// `{}`\n    ///", shown(pieces));
    }
    let (slot, arguments) = (sentence.arguments.iter().any(|a| a.kind == Kind::Slot), &sentence.arguments);
    let takes: Vec<String> = arguments.iter().filter(|a| a.kind != Kind::Slot).map(parameter).collect();
    let answer = match (slot, takes.is_empty()) {
        (true, _) => "[&'static str; 2]",
        (false, true) => "&'static str",
        (false, false) => "String",
    };
    rust.truncate(rust.trim_end_matches(['/', ' ', '\n']).len());
    _ = writeln!(rust, "\n    #[must_use]\n    pub fn {}({}) -> {answer} {{", sentence.key, takes.join(", "));
    _ = writeln!(rust, "        match crate::language() {{");
    for (language, sentence) in translated {
        let name = variant(&language.code);
        _ = writeln!(rust, "            crate::Language::{name} => {},", body(&language.code, sentence));
    }
    rust + "        }\n    }\n"
}

fn parameter(argument: &Argument) -> String {
    let of = if argument.kind == Kind::Text { "&str" } else { "u64" };
    format!("{}: {of}", argument.name)
}

fn shown(pieces: &[Piece]) -> String {
    let shown = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text.replace('`', "'"),
        Piece::Argument(argument) => format!("{{{}}}", argument.name),
    });
    shown.collect()
}

fn body(code: &str, sentence: &Sentence) -> String {
    let forms = &sentence.forms;
    let Some(count) = sentence.arguments.iter().find(|argument| argument.kind == Kind::Count) else {
        return forms.first().map(|(_, pieces)| text(pieces)).unwrap_or_default();
    };
    let mut rust = format!("match crate::plural::{}({}) {{", code.replace('-', "_"), count.name);
    for (category, pieces) in forms {
        if let Some(category) = category {
            _ = write!(rust, " crate::plural::Category::{category:?} => {},", text(pieces));
        }
    }
    rust + " }"
}

/// One text, the two around a slot, or several put together.
fn text(pieces: &[Piece]) -> String {
    let is_slot = |piece: &Piece| matches!(piece, Piece::Argument(argument) if argument.kind == Kind::Slot);
    if let Some(at) = pieces.iter().position(is_slot) {
        let around = [&pieces[..at], &pieces[at + 1..]].map(|part| match part.first() {
            Some(Piece::Text(text)) => text.as_str(),
            _ => "",
        });
        return format!("{around:?}");
    }
    if let [Piece::Text(only)] = pieces {
        return format!("{only:?}");
    }
    let parts = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => format!("{text:?}"),
        Piece::Argument(Argument { name, kind: Kind::Text }) => name.clone(),
        Piece::Argument(Argument { name, .. }) => format!("crate::number({name}).as_str()"),
    });
    format!("[{}].concat()", parts.collect::<Vec<_>>().join(", "))
}
