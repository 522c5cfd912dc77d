//! What of TOML a file of sentences needs: `[section]`, `key = "sentence"`, `key = { one = "…", other = "…" }`,
//! comments.

/// A line with a sentence, or with its plural forms by the names of their categories.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) section: String,
    pub(crate) key: String,
    pub(crate) forms: Vec<(Option<String>, String)>,
}

/// Reads a file; an error names its line.
pub(crate) fn read(text: &str) -> Result<Vec<Entry>, String> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut section = None::<String>;
    for (index, line) in text.lines().enumerate() {
        let wrong = |why: &str| format!("line {}: {why}", index + 1);
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(name) = line.strip_prefix('[') {
            let name =
                name.strip_suffix(']').and_then(name_of).ok_or_else(|| wrong("no name of a section"))?;
            if entries.iter().any(|entry| entry.section == name) {
                return Err(wrong("this section was there before"));
            }
            section = Some(name);
            continue;
        }
        let (key, value) = line.split_once('=').ok_or_else(|| wrong("neither a section nor a sentence"))?;
        let key = name_of(key).ok_or_else(|| wrong("a key is of small letters, digits and underscores"))?;
        let section = section.clone().ok_or_else(|| wrong("it stands in no section"))?;
        if entries.iter().any(|entry| entry.section == section && entry.key == key) {
            return Err(wrong("this key was there before"));
        }
        entries.push(Entry { section, key, forms: forms(value.trim()).map_err(|why| wrong(&why))? });
    }
    Ok(entries)
}

/// A name that Rust takes for a module or a function.
fn name_of(text: &str) -> Option<String> {
    let text = text.trim();
    let good = text.starts_with(|first: char| first.is_ascii_lowercase())
        && text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    good.then(|| text.to_owned())
}

fn forms(value: &str) -> Result<Vec<(Option<String>, String)>, String> {
    let Some(mut rest) = value.strip_prefix('{') else {
        let (text, rest) = string(value)?;
        ends(rest)?;
        return Ok(vec![(None, text)]);
    };
    let mut forms = Vec::new();
    loop {
        let (category, value) = rest.split_once('=').ok_or("a plural form is `category = \"sentence\"`")?;
        let category = name_of(category).ok_or("no name of a plural form")?;
        let (text, after) = string(value.trim_start())?;
        forms.push((Some(category), text));
        let after = after.trim_start();
        if let Some(after) = after.strip_prefix(',') {
            rest = after;
        } else {
            ends(after.strip_prefix('}').ok_or("plural forms end with `}`")?)?;
            return Ok(forms);
        }
    }
}

/// The string that a text begins with, and what comes after it.
fn string(text: &str) -> Result<(String, &str), String> {
    let text = text.strip_prefix('"').ok_or("a sentence stands in quotes")?;
    let mut read = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return Ok((read, &text[at + 1..])),
            '\\' => match characters.next() {
                Some((_, escaped @ ('"' | '\\'))) => read.push(escaped),
                _ => return Err("after a backslash comes a quote or another backslash".to_owned()),
            },
            other => read.push(other),
        }
    }
    Err("the quote is left open".to_owned())
}

fn ends(rest: &str) -> Result<(), String> {
    let rest = rest.trim_start();
    if rest.is_empty() || rest.starts_with('#') { Ok(()) } else { Err(format!("what is {rest:?}?")) }
}
