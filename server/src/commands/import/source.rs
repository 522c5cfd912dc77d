use accounts::Numbered;
use clap::ValueEnum;
use csv::ByteRecord;
use domain::{FieldError, ImportForm};
use serde_json::{Map, Value};
use std::fs::File;
use std::io::{self, BufRead, BufReader, Chain, Read};
use std::path::Path;

/// No account of ours takes a tenth of this.
const LINE_MAX: usize = 64 * 1024;

/// How a file of accounts is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A header, then one account a line
    Csv,
    /// One JSON object a line
    #[value(name = "jsonl")]
    JsonLines,
}

/// A file that is read as it is needed.
pub(super) struct Source {
    bytes: u64,
    reader: Reader,
    /// What ends the file early, once the lines before it are handed over.
    broken: Option<io::Error>,
}

enum Reader {
    Csv { reader: csv::Reader<Bounded<Chain<File, &'static [u8]>>>, columns: Vec<String> },
    Json { reader: BufReader<File>, line: u64, read: u64 },
}

/// What hands over so many bytes for one record and then fails: a quote that is left open would otherwise take the
/// rest of the file into memory.
struct Bounded<R> {
    inner: R,
    left: usize,
}

impl<R: Read> Read for Bounded<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::ErrorKind::FileTooLarge.into());
        }
        let room = buffer.len().min(self.left);
        let read = self.inner.read(&mut buffer[..room])?;
        self.left -= read;
        Ok(read)
    }
}

impl Source {
    /// Opens a file and reads its header.
    pub(super) fn open(path: &Path, format: Option<Format>) -> Result<Self, String> {
        let name = path.display();
        let format = format.or_else(|| by_extension(path)).ok_or_else(|| {
            format!("{name}: it ends in neither .csv nor .jsonl; say --format csv or --format jsonl")
        })?;
        let unreadable = |error: &dyn std::fmt::Display| format!("{name} cannot be read: {error}");
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let bytes = file.metadata().map_err(|error| unreadable(&error))?.len();
        let reader = match format {
            Format::Csv => {
                // Every line has an end of one byte, so that lines can be counted; a CR is trimmed later.
                let file = Bounded { inner: file.chain(&b"\n"[..]), left: LINE_MAX };
                let mut reader = csv::ReaderBuilder::new()
                    .flexible(true)
                    .terminator(csv::Terminator::Any(b'\n'))
                    .from_reader(file);
                let header = reader.headers().map_err(|error| unreadable(&error))?;
                let columns: Vec<String> = header
                    .iter()
                    .map(|column| column.trim_start_matches('\u{feff}').trim().to_owned())
                    .collect();
                judge(&columns).map_err(|why| format!("{name}: {why}"))?;
                Reader::Csv { reader, columns }
            }
            Format::JsonLines => Reader::Json { reader: BufReader::new(file), line: 0, read: 0 },
        };
        Ok(Self { bytes, reader, broken: None })
    }

    /// The file's size.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many bytes were read so far.
    pub(super) fn read(&self) -> u64 {
        match &self.reader {
            Reader::Csv { reader, .. } => reader.position().byte().min(self.bytes),
            Reader::Json { read, .. } => *read,
        }
    }

    /// The next lines, at most so many; `None` at the end.
    pub(super) fn chunk(&mut self, most: usize) -> io::Result<Option<Vec<Numbered>>> {
        let mut lines = Vec::new();
        while self.broken.is_none() && lines.len() < most {
            match self.next() {
                Ok(Some(next)) => lines.push(next),
                Ok(None) => break,
                Err(error) => self.broken = Some(error),
            }
        }
        match self.broken.take() {
            Some(error) if lines.is_empty() => return Err(error),
            later => self.broken = later,
        }
        Ok((!lines.is_empty()).then_some(lines))
    }

    fn next(&mut self) -> io::Result<Option<Numbered>> {
        match &mut self.reader {
            Reader::Csv { reader, columns } => loop {
                let mut record = ByteRecord::new();
                if !next_record(reader, &mut record)? {
                    return Ok(None);
                }
                if record.as_slice().trim_ascii().is_empty() && record.len() == 1 {
                    continue;
                }
                // The position is on the line after; a quoted field may have lines of its own.
                let own = record.as_slice().split(|byte| *byte == b'\n').count() as u64 - 1;
                let line = reader.position().line() - 1 - own;
                return Ok(Some(Numbered { line, form: from_record(columns, &record) }));
            },
            Reader::Json { reader, line, read } => loop {
                let Some(text) = next_line(reader, read)? else { return Ok(None) };
                *line += 1;
                if text.as_ref().is_ok_and(|text| text.iter().all(u8::is_ascii_whitespace)) {
                    continue;
                }
                return Ok(Some(Numbered { line: *line, form: text.and_then(|text| from_json(&text)) }));
            },
        }
    }
}

/// Reads one record. After one that is too long nothing can be trusted: where a quote is left open, rows are text.
fn next_record<R: Read>(reader: &mut csv::Reader<Bounded<R>>, record: &mut ByteRecord) -> io::Result<bool> {
    let line = reader.position().line();
    reader.get_mut().left = LINE_MAX;
    let more = reader.read_byte_record(record);
    let long = match &more {
        Ok(_) => record.as_slice().len() > LINE_MAX,
        Err(error) => {
            matches!(error.kind(), csv::ErrorKind::Io(io) if io.kind() == io::ErrorKind::FileTooLarge)
        }
    };
    if long {
        return Err(io::Error::other(format!(
            "line {line} is longer than {LINE_MAX} bytes, and nothing from there on was read; is a quote left open?"
        )));
    }
    Ok(more?)
}

fn by_extension(path: &Path) -> Option<Format> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "csv" => Some(Format::Csv),
        "jsonl" | "ndjson" => Some(Format::JsonLines),
        _ => None,
    }
}

fn judge(columns: &[String]) -> Result<(), String> {
    let known = ImportForm::FIELDS;
    if let Some(unknown) = columns.iter().find(|column| !known.contains(&column.as_str())) {
        return Err(format!("unknown column {unknown:?}; there are {}", known.join(", ")));
    }
    if let Some((_, twice)) = columns.iter().enumerate().find(|(at, column)| columns[..*at].contains(column))
    {
        return Err(format!("the column {twice:?} is there twice"));
    }
    if columns.iter().any(|column| column == "email") {
        Ok(())
    } else {
        Err("no column \"email\"".to_owned())
    }
}

fn malformed(message: impl Into<String>) -> Vec<FieldError> {
    vec![FieldError::new("line", "malformed", message)]
}

fn from_record(columns: &[String], record: &ByteRecord) -> Result<ImportForm, Vec<FieldError>> {
    if record.len() != columns.len() {
        let message = format!("It has {} fields, the header {}.", record.len(), columns.len());
        return Err(malformed(message));
    }
    let mut form = ImportForm::default();
    for (column, value) in columns.iter().zip(record) {
        let value = std::str::from_utf8(value).map_err(|_| malformed("It is not UTF-8."))?;
        if let Some(field) = form.field(column) {
            value.clone_into(field);
        }
    }
    Ok(form)
}

fn from_json(text: &[u8]) -> Result<ImportForm, Vec<FieldError>> {
    let object: Map<String, Value> =
        serde_json::from_slice(text).map_err(|error| malformed(format!("It is no JSON object: {error}.")))?;
    let mut form = ImportForm::default();
    for (name, value) in object {
        let field = form.field(&name).ok_or_else(|| malformed(format!("The field {name:?} is unknown.")))?;
        *field = match value {
            Value::String(text) => text,
            Value::Null => String::new(),
            Value::Bool(_) | Value::Number(_) => value.to_string(),
            Value::Array(_) | Value::Object(_) => {
                return Err(malformed(format!("The field {name:?} is no text.")));
            }
        };
    }
    Ok(form)
}

/// The next line, or that it is too long; then the rest of it is passed over.
fn next_line(
    reader: &mut BufReader<File>,
    read: &mut u64,
) -> io::Result<Option<Result<Vec<u8>, Vec<FieldError>>>> {
    let mut text = Vec::new();
    let mut long = false;
    loop {
        let bytes = reader.by_ref().take(LINE_MAX as u64).read_until(b'\n', &mut text)?;
        *read += bytes as u64;
        if bytes == 0 && text.is_empty() && !long {
            return Ok(None);
        }
        if bytes == 0 || text.ends_with(b"\n") {
            let message = || malformed(format!("It is longer than {LINE_MAX} bytes."));
            return Ok(Some(if long { Err(message()) } else { Ok(text) }));
        }
        if bytes == LINE_MAX {
            long = true;
            text.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(name: &str, text: &[u8]) -> Vec<(u64, Result<String, String>)> {
        let path = std::env::temp_dir().join(format!("doorstep-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let mut source = Source::open(&path, None).unwrap();
        let mut found = Vec::new();
        while let Some(chunk) = source.chunk(2).unwrap() {
            assert!(chunk.len() <= 2 && source.read() <= source.bytes());
            found.extend(chunk.into_iter().map(|Numbered { line, form }| {
                (line, form.map(|form| form.email).map_err(|errors| errors[0].message.clone()))
            }));
        }
        std::fs::remove_file(path).unwrap();
        found
    }

    #[test]
    fn a_bad_line_is_told_by_its_number_and_the_next_one_is_read() {
        let csv = b"\xef\xbb\xbfemail,bio\r\na@b,\"two\nlines\"\n\nc@d\ne\xff@f,x\n\"g@h\",\n";
        let found = lines("bad.csv", csv);
        let expected = [(2, Ok("a@b")), (5, Err("fields")), (6, Err("UTF-8")), (7, Ok("g@h"))];
        agree(&found, &expected);

        let long = format!("{{\"email\":\"{}\"}}\n", "x".repeat(200_000));
        let json = format!(
            "{{\"email\":\"a@b\",\"is_active\":true,\"bio\":null}}\n\n{{\n[]\n{long}\
             {{\"email\":\"c@d\",\"password\":\"x\"}}\n{{\"email\":[]}}\n{{\"email\":\"e@f\"}}"
        );
        let found = lines("bad.jsonl", json.as_bytes());
        let expected = [
            (1, Ok("a@b")),
            (3, Err("JSON")),
            (4, Err("JSON")),
            (5, Err("longer")),
            (6, Err("\"password\" is unknown")),
            (7, Err("no text")),
            (8, Ok("e@f")),
        ];
        agree(&found, &expected);
    }

    #[test]
    fn a_record_without_an_end_ends_the_import_and_takes_no_memory() {
        let path = std::env::temp_dir().join(format!("doorstep-{}-open.csv", std::process::id()));
        let csv = format!("email,bio\na@b,\nc@d,\ne@f,\"open\n{}", "more,\n".repeat(50_000));
        std::fs::write(&path, csv).unwrap();
        let mut source = Source::open(&path, None).unwrap();
        // What stands before it is imported.
        assert_eq!(source.chunk(5_000).unwrap().unwrap().len(), 2);
        let why = source.chunk(5_000).err().unwrap().to_string();
        assert!(why.starts_with("line 4 is longer than 65536 bytes") && why.contains("quote"), "{why}");
        assert!(source.read() <= LINE_MAX as u64 + 16 * 1024, "{}", source.read());
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_record_of_the_longest_length_is_read() {
        let bio = "x".repeat(LINE_MAX - 3);
        for at in 0..3 {
            let before = "a@b,\n".repeat(at * 700);
            let found = lines("long.csv", format!("email,bio\n{before}c@d,{bio}\n").as_bytes());
            assert_eq!(found.last().unwrap().1.as_deref(), Ok("c@d"));
        }
    }

    fn agree(found: &[(u64, Result<String, String>)], expected: &[(u64, Result<&str, &str>)]) {
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((line, form), (expected_line, expected)) in found.iter().zip(expected) {
            assert_eq!(line, expected_line, "{found:?}");
            match (form, expected) {
                (Ok(email), Ok(expected)) => assert_eq!(email, expected),
                (Err(why), Err(part)) => assert!(why.contains(part), "{why}"),
                _ => panic!("{form:?} is not {expected:?}"),
            }
        }
    }

    #[test]
    fn what_a_terminal_obeys_is_not_repeated_to_it() {
        let column = ["\u{1b}[2J".to_owned()];
        assert!(judge(&column).unwrap_err().starts_with("unknown column \"\\u{1b}[2J\";"));
        for (json, told) in [
            (r#"{"\u001b[2J":"x"}"#, r#"The field "\u{1b}[2J" is unknown."#),
            (r#"{"\u009b2J":[]}"#, r#"The field "\u{9b}2J" is unknown."#),
            (r#"{"email":[]}"#, r#"The field "email" is no text."#),
        ] {
            assert_eq!(from_json(json.as_bytes()).err().unwrap()[0].message, told);
        }
    }

    #[test]
    fn a_header_is_judged_before_anything_is_read() {
        for (header, why) in [
            ("email,password", "unknown column \"password\""),
            ("email,email", "twice"),
            ("name", "no column \"email\""),
            ("", "no column \"email\""),
        ] {
            let columns: Vec<String> = header.split(',').filter(|c| !c.is_empty()).map(Into::into).collect();
            assert!(judge(&columns).unwrap_err().contains(why), "{header}");
        }
    }
}
