//! The objects of a JSON array, one after the other: a file of any size is read in little memory.

use std::io::{self, BufRead};

/// No account takes a tenth of this.
pub(super) const LINE_MAX: usize = 64 * 1024;

/// How far an array has been read.
#[derive(Default)]
pub(super) struct Elements {
    begun: bool,
    line: u64,
    depth: usize,
    in_text: bool,
    escaped: bool,
}

/// An element, and the line it begins on; `None` for its text where that is too long.
pub(super) type Element = (u64, Option<Vec<u8>>);

impl Elements {
    /// The next element; `None` at the end of the array. Text that cannot be split into elements ends the file.
    pub(super) fn next(&mut self, reader: &mut impl BufRead) -> io::Result<Option<Element>> {
        let (mut text, mut first, mut long) = (Vec::new(), 0, false);
        loop {
            let Some(byte) = peek(reader)? else {
                let line = if first > 0 { first } else { self.line + 1 };
                return Err(io::Error::other(format!(
                    "line {line}: the array is not closed; is the file cut off?"
                )));
            };
            let outside = self.depth == 0 && !self.in_text;
            let ends = outside && matches!(byte, b',' | b']');
            // A bracket that closes the array stays, so that its end is seen again.
            if ends && first > 0 {
                return Ok(Some((first, (!long).then_some(text))));
            }
            if ends && byte == b']' {
                return Ok(None);
            }
            reader.consume(1);
            self.line += u64::from(byte == b'\n');
            if outside && !self.begun {
                // The array's own bracket.
                self.begun = byte == b'[';
                continue;
            }
            if ends || (first == 0 && byte.is_ascii_whitespace()) {
                continue;
            }
            if first == 0 {
                first = self.line + 1;
            }
            self.meet(byte);
            long |= text.len() == LINE_MAX;
            if !long {
                text.push(byte);
            }
        }
    }

    fn meet(&mut self, byte: u8) {
        match byte {
            _ if self.escaped => self.escaped = false,
            b'\\' if self.in_text => self.escaped = true,
            b'"' => self.in_text = !self.in_text,
            b'{' | b'[' if !self.in_text => self.depth += 1,
            b'}' | b']' if !self.in_text => self.depth = self.depth.saturating_sub(1),
            _ => {}
        }
    }
}

fn peek(reader: &mut impl BufRead) -> io::Result<Option<u8>> {
    Ok(reader.fill_buf()?.first().copied())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn elements(text: &str) -> (Vec<(u64, String)>, Option<String>) {
        let (mut reader, mut elements, mut found) = (text.as_bytes(), Elements::default(), Vec::new());
        loop {
            match elements.next(&mut reader) {
                Ok(Some((line, text))) => {
                    found.push((line, String::from_utf8(text.unwrap_or_default()).unwrap()));
                }
                Ok(None) => return (found, None),
                Err(error) => return (found, Some(error.to_string())),
            }
        }
    }

    #[test]
    fn elements_are_told_apart_whatever_stands_in_their_texts() {
        let (found, end) = elements("[\n {\"a\": \"x,]}\\\"\"},\n\n{\"b\":\n[1, {}]} , 17,\"y\"\n]\n");
        let expected = [(2, "{\"a\": \"x,]}\\\"\"}"), (4, "{\"b\":\n[1, {}]} "), (5, "17"), (5, "\"y\"\n")];
        let found: Vec<_> = found.iter().map(|(line, text)| (*line, text.as_str())).collect();
        assert_eq!((found, end), (expected.to_vec(), None));
        assert_eq!(elements("[]"), (vec![], None));
        assert_eq!(elements("[{},]").0.len(), 1);
    }

    #[test]
    fn what_is_cut_off_is_told_and_what_is_long_takes_no_memory() {
        for cut in ["[", "[{}", "[{},", "[{\"a\":\"]", "[{\"a\":[}"] {
            assert!(elements(cut).1.unwrap().contains("not closed"), "{cut}");
        }
        let long = format!("[{{}},\n{{\"a\":\"{}\"}},{{}}]", "x".repeat(2 * LINE_MAX));
        assert_eq!(elements(&long), (vec![(1, "{}".into()), (2, String::new()), (2, "{}".into())], None));
    }
}
