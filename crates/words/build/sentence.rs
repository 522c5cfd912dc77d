//! Sentences with what stands in them, and whether the languages agree about it.

use super::file;
use super::plural::{CATEGORIES, Category};

/// English says which sentences there are.
const FIRST: &str = "en";

/// The sentences of one file.
pub(crate) struct Language {
    pub(crate) code: String,
    pub(crate) sentences: Vec<Sentence>,
}

pub(crate) struct Sentence {
    pub(crate) section: String,
    pub(crate) key: String,
    /// In the order in which they are met.
    pub(crate) arguments: Vec<Argument>,
    /// One form without a category, or those of a plural.
    pub(crate) forms: Vec<(Option<Category>, Vec<Piece>)>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Argument {
    pub(crate) name: String,
    pub(crate) kind: Kind,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// `{name}`
    Text,
    /// `{name:number}`
    Number,
    /// `{name:count}`: the number that chooses the plural form.
    Count,
    /// `{name:slot}`: a place for what is no text, such as a link.
    Slot,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Piece {
    Text(String),
    Argument(Argument),
}

impl Language {
    pub(crate) fn read(code: &str, text: &str) -> Result<Self, String> {
        let told = |why: String| format!("locales/{code}.toml: {why}");
        let entries = file::read(text).map_err(told)?;
        let sentences = entries.into_iter().map(|entry| {
            let name = format!("{}.{}", entry.section, entry.key);
            Sentence::of(code, entry).map_err(|why| told(format!("{name}: {why}")))
        });
        Ok(Self { code: code.to_owned(), sentences: sentences.collect::<Result<_, _>>()? })
    }
}

impl Sentence {
    fn of(language: &str, entry: file::Entry) -> Result<Self, String> {
        let mut forms = Vec::new();
        for (category, text) in entry.forms {
            let category = category.map(|name| category_of(language, &name)).transpose()?;
            forms.push((category, pieces(&text)?));
        }
        if forms[0].0.is_some() {
            let wanted = categories(language)?;
            let there =
                |wanted: &Category| forms.iter().filter(|(form, _)| *form == Some(*wanted)).count() == 1;
            if forms.len() != wanted.len() || !wanted.iter().all(there) {
                return Err(format!("its plural forms must be {wanted:?}, each once"));
            }
        }
        let mut arguments: Vec<Argument> = Vec::new();
        for piece in forms.iter().flat_map(|(_, pieces)| pieces) {
            let Piece::Argument(argument) = piece else { continue };
            match arguments.iter().find(|known| known.name == argument.name) {
                Some(known) if known != argument => return Err(format!("{} is of two kinds", argument.name)),
                Some(_) => {}
                None => arguments.push(argument.clone()),
            }
        }
        let of = |kind| arguments.iter().filter(|argument| argument.kind == kind).count();
        if of(Kind::Count) != usize::from(forms[0].0.is_some()) {
            return Err("a plural has one {…:count}, and nothing else has one".to_owned());
        }
        if of(Kind::Slot) > 0 && (arguments.len() > 1 || forms.len() > 1 || slots(&forms[0].1) > 1) {
            return Err("a slot stands alone, once, and in no plural".to_owned());
        }
        Ok(Self { section: entry.section, key: entry.key, arguments, forms })
    }

    fn is(&self, other: &Self) -> bool {
        self.section == other.section && self.key == other.key
    }
}

fn slots(pieces: &[Piece]) -> usize {
    pieces.iter().filter(|piece| matches!(piece, Piece::Argument(_))).count()
}

fn categories(language: &str) -> Result<&'static [Category], String> {
    let known = CATEGORIES.iter().find(|(code, _)| *code == language);
    known
        .map(|(_, categories)| *categories)
        .ok_or_else(|| format!("crates/words/src/plural.rs does not say which plural forms `{language}` has"))
}

fn category_of(language: &str, name: &str) -> Result<Category, String> {
    let called = |category: &&Category| format!("{category:?}").eq_ignore_ascii_case(name);
    categories(language)?.iter().find(called).copied().ok_or_else(|| format!("`{language}` has no `{name}`"))
}

fn pieces(text: &str) -> Result<Vec<Piece>, String> {
    let (mut pieces, mut rest) = (Vec::new(), text);
    while let Some((before, after)) = rest.split_once('{') {
        let (placeholder, after) = after.split_once('}').ok_or("a brace is left open")?;
        if !before.is_empty() {
            pieces.push(Piece::Text(before.to_owned()));
        }
        pieces.push(Piece::Argument(argument(placeholder)?));
        rest = after;
    }
    if rest.contains('}') || text.is_empty() {
        return Err("it is empty, or a brace closes nothing".to_owned());
    }
    if !rest.is_empty() {
        pieces.push(Piece::Text(rest.to_owned()));
    }
    Ok(pieces)
}

fn argument(placeholder: &str) -> Result<Argument, String> {
    let (name, kind) = placeholder.split_once(':').unwrap_or((placeholder, ""));
    let kind = match kind {
        "" => Kind::Text,
        "number" => Kind::Number,
        "count" => Kind::Count,
        "slot" => Kind::Slot,
        other => return Err(format!("there is no kind of argument called {other:?}")),
    };
    if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
        return Err(format!("{name:?} is no name of an argument"));
    }
    Ok(Argument { name: name.to_owned(), kind })
}

/// The languages, English first, where all of them say the same things.
pub(crate) fn compared(mut languages: Vec<Language>) -> Result<Vec<Language>, String> {
    languages.sort_by_key(|language| language.code != FIRST);
    let Some((first, others)) = languages.split_first().filter(|(first, _)| first.code == FIRST) else {
        return Err(format!("there is no locales/{FIRST}.toml"));
    };
    let mut wrong = Vec::new();
    for Language { code, sentences } in others {
        let mut tell = |of: &Sentence, why: &str| {
            wrong.push(format!("locales/{code}.toml: {}.{} {why}", of.section, of.key));
        };
        for sentence in &first.sentences {
            match sentences.iter().find(|other| other.is(sentence)) {
                None => tell(sentence, "is missing"),
                Some(other) if sorted(&other.arguments) != sorted(&sentence.arguments) => {
                    tell(sentence, "has other placeholders than the English one");
                }
                Some(_) => {}
            }
        }
        for sentence in sentences.iter().filter(|other| !first.sentences.iter().any(|known| known.is(other)))
        {
            tell(sentence, "is not there in English");
        }
    }
    if wrong.is_empty() { Ok(languages) } else { Err(wrong.join("\n")) }
}

fn sorted(arguments: &[Argument]) -> Vec<Argument> {
    let mut sorted = arguments.to_vec();
    sorted.sort();
    sorted
}
