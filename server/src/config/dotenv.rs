//! `.env`, read the same way by the server and by `cargo xtask`, which takes this file as it is: std alone.
//!
//! A line is `NAME=value`. A value may hold spaces; ` #` begins a comment. Quotes keep what is between them, over
//! several lines too; `${NAME}` outside of single quotes is what that variable holds. Anything else is an error with
//! its line, and then the whole file is ignored.

use std::io::ErrorKind;
use std::path::Path;

/// Names and values, in the file's order.
pub(crate) type Variables = Vec<(String, String)>;

/// The variables of a file; none where there is no file.
///
/// # Errors
/// A sentence for each fault.
pub(crate) fn read(
    path: &Path,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Variables, Vec<String>> {
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == ErrorKind::NotFound && path.symlink_metadata().is_err() => {
            return Ok(Vec::new());
        }
        Err(error) => return Err(vec![format!("it cannot be read: {error}")]),
    };
    let text = String::from_utf8(bytes).map_err(|_| vec!["not valid UTF-8; save it as UTF-8".to_owned()])?;
    parse(&text, environment)
}

/// The variables of a text.
///
/// # Errors
/// A sentence for each fault.
pub(crate) fn parse(
    text: &str,
    environment: impl Fn(&str) -> Option<String>,
) -> Result<Variables, Vec<String>> {
    let lines: Vec<&str> = text.trim_start_matches('\u{feff}').lines().collect();
    let mut file = File { lines: &lines, next: 0, variables: Vec::new(), begun: Vec::new() };
    let mut faults = Vec::new();
    while let Some(line) = file.lines.get(file.next) {
        file.next += 1;
        let number = file.next;
        if let Err(fault) = file.line(line.trim(), &environment) {
            faults.push(format!("line {number}: {fault}"));
        }
    }
    if faults.is_empty() { Ok(file.variables) } else { Err(faults) }
}

struct File<'a> {
    lines: &'a [&'a str],
    next: usize,
    variables: Variables,
    /// On which line each variable begins.
    begun: Vec<usize>,
}

impl File<'_> {
    fn line(&mut self, line: &str, environment: &impl Fn(&str) -> Option<String>) -> Result<(), String> {
        const WRITE: &str = "write NAME=value";
        if line.is_empty() || line.starts_with('#') {
            return Ok(());
        }
        let begun = self.next;
        let (name, value) = line.split_once('=').ok_or_else(|| format!("missing =; {WRITE}"))?;
        let name = name.strip_prefix("export ").unwrap_or(name).trim();
        if !is_name(name) {
            return Err(format!("a name has letters, digits and _ alone, and no digit first; {WRITE}"));
        }
        let value = self.value(value.trim(), environment)?;
        if value.contains(|c: char| c.is_control() && c != '\n' && c != '\t') {
            return Err(format!("{name} holds a control character; type its value anew"));
        }
        if let Some(at) = self.variables.iter().position(|(known, _)| known == name) {
            return Err(format!("{name} is set already, on line {}; leave one", self.begun[at]));
        }
        self.variables.push((name.to_owned(), value));
        self.begun.push(begun);
        Ok(())
    }

    fn value(&mut self, text: &str, environment: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let Some(quote) = text.chars().next().filter(|c| matches!(c, '"' | '\'')) else {
            let comment =
                if text.starts_with('#') { Some(0) } else { text.find(" #").or_else(|| text.find("\t#")) };
            return self.expanded(text[..comment.unwrap_or(text.len())].trim_end(), environment);
        };
        let mut inner = text[1..].to_owned();
        let closed = loop {
            if let Some(end) = end_of(&inner, quote) {
                break end;
            }
            // A line that looks like a setting is one: somebody forgot the quote.
            let more = self.lines.get(self.next).filter(|line| !is_setting(line));
            let more =
                more.ok_or_else(|| format!("the quote {quote} is not closed; close it on this line"))?;
            self.next += 1;
            inner = format!("{inner}\n{more}");
        };
        let after = inner[closed + 1..].trim_start();
        if !after.is_empty() && !after.starts_with('#') {
            return Err(format!("something follows the closing {quote}; put the whole value between quotes"));
        }
        let inner = &inner[..closed];
        if quote == '\'' {
            Ok(inner.to_owned())
        } else {
            self.expanded(inner, environment).map(|text| unescaped(&text))
        }
    }

    /// A text with what its `${NAME}`s hold: in the environment, or else further up in the file.
    fn expanded(&self, text: &str, environment: &impl Fn(&str) -> Option<String>) -> Result<String, String> {
        let mut expanded = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            if before.ends_with('\\') {
                expanded = expanded + before + "${";
                rest = after;
                continue;
            }
            let (name, after) =
                after.split_once('}').ok_or("a ${ has no }; put the value between single quotes")?;
            let above =
                || self.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
            let value = environment(name).or_else(above).ok_or_else(|| {
                // What looks like no variable is part of a value, and maybe of a secret.
                let variable = is_name(name) && !name.contains(char::is_lowercase);
                let named = if variable { format!("${{{name}}}") } else { "what a ${…} names".to_owned() };
                format!("{named} is not set; write its value out, or put all of it between single quotes")
            })?;
            expanded = expanded + before + &value;
            rest = after;
        }
        Ok(expanded + rest)
    }
}

fn is_name(name: &str) -> bool {
    let plain = name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_');
    plain && name.bytes().next().is_some_and(|byte| !byte.is_ascii_digit())
}

/// Whether a line inside quotes is really the next setting.
fn is_setting(line: &str) -> bool {
    line.split_once('=').is_some_and(|(name, _)| is_name(name.trim()) && !name.contains(char::is_lowercase))
}

/// Where the quote ends: in double quotes a backslash takes the next character along.
fn end_of(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quote == '"' => escaped = true,
            _ if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

/// `\n` is a line end. A backslash before a quote, a dollar or a backslash is removed; any other stays.
fn unescaped(text: &str) -> String {
    let mut plain = String::new();
    let mut characters = text.chars().peekable();
    while let Some(c) = characters.next() {
        match (c, characters.peek()) {
            ('\\', Some('n')) => {
                characters.next();
                plain.push('\n');
            }
            ('\\', Some('"' | '$' | '\\')) => plain.extend(characters.next()),
            _ => plain.push(c),
        }
    }
    plain
}
