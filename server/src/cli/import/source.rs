use super::array::{Elements, LINE_MAX};
use super::record::{Columns, Names, Refusals, from_json, malformed};
use super::text::Text;
use crate::cli::args::Format;
use accounts::ImportLine;
use csv::ByteRecord;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::Path;

/// A file, read as needed.
pub(super) struct Source {
    bytes: u64,
    reader: Reader,
    /// An error that ends the file, told after the lines before it.
    broken: Option<io::Error>,
}

type Lines = BufReader<Text<File>>;

enum Reader {
    Csv { reader: Box<csv::Reader<Bounded<Lines>>>, columns: Columns, before: u64 },
    Lines { reader: Lines, line: u64, names: Names },
    Array { reader: Lines, elements: Elements, names: Names },
}

/// A reader that fails after this many bytes of one record: otherwise an open quote would take the rest of the file
/// into memory.
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
    pub(super) fn open(path: &Path, format: Option<Format>, names: Names) -> Result<Self, String> {
        let name = path.display();
        let format = format.or_else(|| by_extension(path)).ok_or_else(|| {
            format!("{name}: it ends in neither .csv nor .jsonl; say --format csv or --format jsonl")
        })?;
        let unreadable = |error: &dyn std::fmt::Display| format!("{name} cannot be read: {error}");
        let file = File::open(path).map_err(|error| unreadable(&error))?;
        let bytes = file.metadata().map_err(|error| unreadable(&error))?.len();
        let mut file = BufReader::new(Text::new(file).map_err(|error| unreadable(&error))?);
        let reader = match format {
            Format::Csv => read_header(file, names).map_err(|why| format!("{name}: {why}"))?,
            Format::JsonLines => {
                let head = file.fill_buf().map_err(|error| unreadable(&error))?;
                if head.trim_ascii_start().starts_with(b"[") {
                    Reader::Array { reader: file, elements: Elements::default(), names }
                } else {
                    Reader::Lines { reader: file, line: 0, names }
                }
            }
        };
        Ok(Self { bytes, reader, broken: None })
    }

    /// The file's size.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How many bytes were read so far.
    pub(super) fn read(&self) -> u64 {
        let text = match &self.reader {
            Reader::Csv { reader, .. } => reader.get_ref().inner.get_ref(),
            Reader::Lines { reader, .. } | Reader::Array { reader, .. } => reader.get_ref(),
        };
        text.bytes_read().min(self.bytes)
    }

    /// The next lines, at most so many; `None` at the end.
    pub(super) fn chunk(&mut self, most: usize) -> io::Result<Option<Vec<ImportLine>>> {
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

    fn next(&mut self) -> io::Result<Option<ImportLine>> {
        match &mut self.reader {
            Reader::Csv { reader, columns, before } => loop {
                let mut record = ByteRecord::new();
                if !next_record(reader, *before, &mut record)? {
                    return Ok(None);
                }
                // Spreadsheets write their empty rows too.
                if record.iter().all(|value| value.trim_ascii().is_empty()) {
                    continue;
                }
                // The position is on the line after; a quoted field may have lines of its own.
                let own = record.as_slice().split(|byte| *byte == b'\n').count() as u64 - 1;
                let line = *before + reader.position().line() - 1 - own;
                return Ok(Some(ImportLine { line, form: columns.form(&record) }));
            },
            Reader::Lines { reader, line, names } => loop {
                let Some(text) = next_line(reader)? else { return Ok(None) };
                *line += 1;
                if text.as_ref().is_ok_and(|text| text.iter().all(u8::is_ascii_whitespace)) {
                    continue;
                }
                let form = text.and_then(|text| from_json(&text, *names));
                return Ok(Some(ImportLine { line: *line, form }));
            },
            Reader::Array { reader, elements, names } => {
                let Some((line, text)) = elements.next(reader)? else { return Ok(None) };
                let form = text.ok_or_else(too_long).and_then(|text| from_json(&text, *names));
                Ok(Some(ImportLine { line, form }))
            }
        }
    }
}

/// Reads the line that names the columns, and the separator: Excel may state it on a line before.
fn read_header(mut file: Lines, names: Names) -> Result<Reader, String> {
    let head = file.fill_buf().map_err(|error| error.to_string())?;
    let header = head.split(|byte| *byte == b'\n').next().unwrap_or_default();
    let (delimiter, before) = match header {
        [b's', b'e', b'p', b'=', delimiter] => (*delimiter, 1),
        header => (parting(header), 0),
    };
    if before > 0 {
        file.consume(b"sep=,\n".len());
    }
    let file = Bounded { inner: file, left: LINE_MAX };
    let mut reader = csv::ReaderBuilder::new();
    let reader = reader.flexible(true).delimiter(delimiter).terminator(csv::Terminator::Any(b'\n'));
    let mut reader = Box::new(reader.from_reader(file));
    let header = reader.byte_headers().map_err(|error| error.to_string())?;
    let header = header.iter().map(|name| String::from_utf8(name.to_vec())).collect::<Result<Vec<_>, _>>();
    let header = header.map_err(|_| "line 1 is not UTF-8; save the file as CSV (UTF-8)")?;
    Ok(Reader::Csv { reader, columns: Columns::new(header, names)?, before })
}

/// The separator of a header: the candidate that it contains most often.
fn parting(header: &[u8]) -> u8 {
    let count = |delimiter: &u8| header.split(|byte| byte == delimiter).count();
    [b'|', b'\t', b';', b','].into_iter().max_by_key(count).unwrap_or(b',')
}

/// Reads one record. After one that is too long nothing can be trusted: an open quote turns rows into text.
fn next_record<R: Read>(
    reader: &mut csv::Reader<Bounded<R>>,
    before: u64,
    record: &mut ByteRecord,
) -> io::Result<bool> {
    let line = before + reader.position().line();
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
        "csv" | "tsv" => Some(Format::Csv),
        "jsonl" | "ndjson" | "json" => Some(Format::JsonLines),
        _ => None,
    }
}

fn too_long() -> Refusals {
    malformed(format!("It is longer than {LINE_MAX} bytes."))
}

/// The next line, or that it is too long; then the rest of it is passed over.
fn next_line(reader: &mut impl BufRead) -> io::Result<Option<Result<Vec<u8>, Refusals>>> {
    let mut text = Vec::new();
    let mut long = false;
    loop {
        let bytes = reader.by_ref().take(LINE_MAX as u64).read_until(b'\n', &mut text)?;
        if bytes == 0 && text.is_empty() && !long {
            return Ok(None);
        }
        if bytes == 0 || text.ends_with(b"\n") {
            return Ok(Some(if long { Err(too_long()) } else { Ok(text) }));
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

    const OURS: Names = Names { preset: None, ignore_unknown: false };

    fn lines(name: &str, text: &[u8]) -> Vec<(u64, Result<String, String>)> {
        let path = std::env::temp_dir().join(format!("doorstep-{}-{name}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let mut source = Source::open(&path, None, OURS).unwrap();
        let mut found = Vec::new();
        while let Some(chunk) = source.chunk(2).unwrap() {
            assert!(chunk.len() <= 2 && source.read() <= source.bytes());
            found.extend(chunk.into_iter().map(|ImportLine { line, form }| {
                (line, form.map(|form| form.email).map_err(|errors| words::import_reason(&errors[0].reason)))
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
        let mut source = Source::open(&path, None, OURS).unwrap();
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

    #[test]
    fn files_of_spreadsheets_and_databases_are_read_however_they_part_their_fields() {
        let expected = [(2, Ok("a@b")), (4, Ok("c@d"))];
        for (name, text) in [
            ("comma.csv", "E-Mail,Full Name\r\n\"a@b\",\"Ana, or\nAna\"\r\nc@d,\r\n"),
            ("semicolon.csv", "E-Mail;Full Name\r\na@b;\"Ana\r\nAna\"\r\nc@d;Cy, or Cy"),
            ("tab.tsv", "email\tname\na@b\tAna\n\t\nc@d\t\\N\n"),
            ("bar.csv", "email|name\na@b|Ana\n \nc@d|Cy\n"),
            ("trailing.csv", "email,name,,\na@b,Ana,,\n,,,\nc@d,Cy,,,\n"),
            ("old-mac.csv", "email,name\ra@b,Ana\r\rc@d,Cy\r"),
            ("one.csv", "email\na@b\n\nc@d"),
            ("lines.jsonl", "\n{\"email\":\"a@b\"}\r\n\n{\"E-Mail\":\"c@d\"}"),
            ("array.json", " [\n{\"email\":\"a@b\"},\n\n{\"email\":\n\"c@d\"}]"),
        ] {
            agree(&lines(name, text.as_bytes()), &expected);
            let units: Vec<u8> =
                format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect();
            agree(&lines(name, &units), &expected);
        }
        let excel = lines("sep.csv", b"sep=;\nemail;name\na@b;Ana\n\n\"c@d\";\"Cy\"\n");
        agree(&excel, &[(3, Ok("a@b")), (5, Ok("c@d"))]);
    }

    #[test]
    fn what_cannot_be_read_costs_its_line_alone() {
        let csv = b"email;name\nJ\xf6rg@b;x\na@b\nb@b;x;y\nc@d;J\xc3\xb6rg;\n";
        let expected = [(2, Err("UTF-8")), (3, Err("1 fields")), (4, Err("3 fields")), (5, Ok("c@d"))];
        agree(&lines("latin1.csv", csv), &expected);
        let array =
            b"[{\"email\":\"a@b\"},\n17,\n{\"phone\":1},\n{\"email\":\"c@d\",},\n{\"email\":\"e@f\"}]";
        let expected =
            [(1, Ok("a@b")), (2, Err("JSON")), (3, Err("unknown")), (4, Err("JSON")), (5, Ok("e@f"))];
        agree(&lines("array.json", array), &expected);
    }

    #[test]
    fn a_file_of_another_kind_is_refused_in_one_sentence() {
        for (name, bytes, why) in [
            ("x.csv", &b"PK\x03\x04"[..], "spreadsheet"),
            ("x.csv", b"\x1f\x8b\x08", "compressed"),
            ("x.csv", b"", "no column \"email\""),
            ("x.csv", b"E-M\xe4il;x\n", "line 1 is not UTF-8"),
            ("x.csv", b"a@b,$2b$x\n", "line 1 names no columns"),
            ("x.xlsx", b"", "neither"),
        ] {
            let path = std::env::temp_dir().join(format!("doorstep-{}-other-{name}", std::process::id()));
            std::fs::write(&path, bytes).unwrap();
            let refused = Source::open(&path, None, OURS).err().unwrap();
            std::fs::remove_file(path).unwrap();
            assert!(refused.contains(why) && refused.lines().count() == 1, "{refused}");
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
}
