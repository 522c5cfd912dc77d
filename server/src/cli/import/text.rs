//! The text of a file, in whichever encoding and line ends it was written.

use std::io::{self, Read};

const BLOCK: usize = 8 * 1024;

/// A file as UTF-8 with a line feed at the end of each line and of the file. Its byte order mark or its zero bytes
/// reveal UTF-16. An unreadable unit becomes a byte that no UTF-8 has, so that only its line is refused.
pub(super) struct Text<R> {
    inner: R,
    encoding: Encoding,
    /// What was decoded and not yet handed over, from `at` on.
    ready: Vec<u8>,
    at: usize,
    /// Half a UTF-16 unit, and half a character.
    half: Option<u8>,
    high: Option<u16>,
    after_return: bool,
    read: u64,
    over: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Encoding {
    Utf8,
    LittleEndian,
    BigEndian,
}

const UNREADABLE: u8 = 0xff;

impl<R: Read> Text<R> {
    /// Looks at how the file begins.
    pub(super) fn new(mut inner: R) -> io::Result<Self> {
        let mut head = Vec::new();
        inner.by_ref().take(BLOCK as u64).read_to_end(&mut head)?;
        let (encoding, mark) = match head[..] {
            [b'P', b'K', 3, 4, ..] => {
                return Err(io::Error::other("it is a spreadsheet or an archive; save it as CSV (UTF-8)"));
            }
            [0x1f, 0x8b, ..] => return Err(io::Error::other("it is compressed; unpack it")),
            [0xef, 0xbb, 0xbf, ..] => (Encoding::Utf8, 3),
            [0xff, 0xfe, ..] => (Encoding::LittleEndian, 2),
            [0xfe, 0xff, ..] => (Encoding::BigEndian, 2),
            [1..=255, 0, ..] => (Encoding::LittleEndian, 0),
            [0, 1..=255, ..] => (Encoding::BigEndian, 0),
            _ => (Encoding::Utf8, 0),
        };
        let mut text = Self {
            inner,
            encoding,
            ready: Vec::new(),
            at: 0,
            half: None,
            high: None,
            after_return: false,
            read: head.len() as u64,
            over: false,
        };
        text.decode(&head[mark..]);
        Ok(text)
    }

    /// How many bytes of the file were read so far.
    pub(super) fn bytes_read(&self) -> u64 {
        self.read
    }

    fn decode(&mut self, bytes: &[u8]) {
        if self.encoding == Encoding::Utf8 {
            return bytes.iter().for_each(|byte| self.push(&[*byte]));
        }
        for byte in bytes {
            let Some(first) = self.half.take() else {
                self.half = Some(*byte);
                continue;
            };
            let pair = [first, *byte];
            self.unit(match self.encoding {
                Encoding::BigEndian => u16::from_be_bytes(pair),
                _ => u16::from_le_bytes(pair),
            });
        }
    }

    /// A unit of UTF-16; two of them may make one character.
    fn unit(&mut self, unit: u16) {
        let high = self.high.take();
        if high.is_none() && (0xd800..0xdc00).contains(&unit) {
            self.high = Some(unit);
            return;
        }
        for c in char::decode_utf16(high.into_iter().chain([unit])) {
            match c {
                Ok(c) => self.push(c.encode_utf8(&mut [0; 4]).as_bytes()),
                Err(_) => self.push(&[UNREADABLE]),
            }
        }
    }

    /// A character, or a byte of one. Every kind of line end becomes a line feed.
    fn push(&mut self, character: &[u8]) {
        let after_return = std::mem::replace(&mut self.after_return, character == b"\r");
        match character {
            b"\n" if after_return => {}
            b"\r" => self.ready.push(b'\n'),
            character => self.ready.extend_from_slice(character),
        }
    }

    fn end(&mut self) {
        self.over = true;
        if self.half.take().is_some() || self.high.take().is_some() {
            self.ready.push(UNREADABLE);
        }
        self.ready.push(b'\n');
    }
}

impl<R: Read> Read for Text<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() && !self.over {
            self.ready.clear();
            self.at = 0;
            let mut block = [0; BLOCK];
            let read = self.inner.read(&mut block)?;
            self.read += read as u64;
            if read == 0 {
                self.end();
            } else {
                self.decode(&block[..read]);
            }
        }
        let taken = (&self.ready[self.at..]).read(buffer)?;
        self.at += taken;
        Ok(taken)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bytes that come one at a time.
    struct Slow<'a>(&'a [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            self.0.read(&mut buffer[..1])
        }
    }

    fn read(bytes: &[u8]) -> Vec<u8> {
        let (mut text, mut slow) = (Vec::new(), Vec::new());
        Text::new(bytes).unwrap().read_to_end(&mut text).unwrap();
        Text::new(Slow(bytes)).unwrap().read_to_end(&mut slow).unwrap();
        assert_eq!(text, slow);
        text
    }

    #[test]
    fn every_encoding_of_a_spreadsheet_becomes_utf_8_with_line_feeds() {
        let text = "email\r\n🐎ü@b\rc\n";
        let expected = "email\n🐎ü@b\nc\n\n".as_bytes();
        assert_eq!(read(text.as_bytes()), expected);
        assert_eq!(read(format!("\u{feff}{text}").as_bytes()), expected);
        let units = |mark: &str| -> Vec<u16> { format!("{mark}{text}").encode_utf16().collect() };
        for mark in ["\u{feff}", ""] {
            let little: Vec<u8> = units(mark).into_iter().flat_map(u16::to_le_bytes).collect();
            let big: Vec<u8> = units(mark).into_iter().flat_map(u16::to_be_bytes).collect();
            assert_eq!((read(&little), read(&big)), (expected.to_vec(), expected.to_vec()), "{mark:?}");
        }
        assert_eq!(read(b""), b"\n");
    }

    #[test]
    fn what_cannot_be_read_is_no_utf_8_and_nothing_else_is_lost() {
        assert_eq!(read(b"J\xf6rg"), b"J\xf6rg\n");
        assert_eq!(read(b"\xff\xfea\0\0\xd8b\0\0\xdcc\0\0\xd8"), b"a\xff\x62\xffc\xff\n");
        assert_eq!(read(b"\xff\xfea\0b"), b"a\xff\n");
        assert!(Text::new(&b"PK\x03\x04"[..]).is_err() && Text::new(&b"\x1f\x8b"[..]).is_err());
    }
}
