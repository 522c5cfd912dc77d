//! Passwords that were seen in breaches, as far as the owner of a copy has a list of them.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// A SHA-1 in hexadecimal.
const HASH: usize = 40;
/// More than a line has.
const LINE: usize = 64;

/// A file of SHA-1 hashes in their order, a line each, as those who collect them hand them out (`HASH:COUNT`). It is read
/// where it lies: forty gigabytes of it take thirty-odd reads a password and no memory.
#[derive(Debug)]
pub struct BreachedPasswords {
    file: File,
    length: u64,
}

impl BreachedPasswords {
    /// Opens a list, and looks at both its ends.
    ///
    /// # Errors
    /// Where it cannot be read, or is no such list.
    pub fn open(path: &Path) -> io::Result<Self> {
        let file = File::open(path)?;
        let opened = Self { length: file.metadata()?.len(), file };
        let end = opened.length.checked_sub(1).ok_or_else(no_list)?;
        if opened.line_at(0)?.hash > opened.line_at(end)?.hash {
            return Err(no_list());
        }
        Ok(opened)
    }

    pub(super) fn holds(&self, password: &str) -> io::Result<bool> {
        let hash = hashed(password);
        // Both are where a line begins.
        let (mut low, mut high) = (0, self.length);
        while low < high {
            let line = self.line_at(low + (high - low) / 2)?;
            match line.hash.as_str().cmp(&hash) {
                Ordering::Equal => return Ok(true),
                Ordering::Less => low = line.end,
                Ordering::Greater => high = line.begin,
            }
        }
        Ok(false)
    }

    /// The line that a byte is in.
    fn line_at(&self, at: u64) -> io::Result<Line> {
        let from = at.saturating_sub(LINE as u64);
        let mut window = [0; 2 * LINE];
        let length = self.read(&mut window, from)?;
        let (window, within) = (&window[..length], usize::try_from(at - from).map_err(|_| no_list())?);
        let before = window.get(..within).ok_or_else(no_list)?.iter().rposition(|byte| *byte == b'\n');
        let begin = match before {
            Some(newline) => newline + 1,
            None if from == 0 => 0,
            None => return Err(no_list()),
        };
        let rest = &window[begin..];
        let length = rest.iter().position(|byte| *byte == b'\n').map_or(rest.len(), |newline| newline + 1);
        let hash = rest[..length].get(..HASH).and_then(|hash| str::from_utf8(hash).ok());
        let hash =
            hash.filter(|hash| hash.bytes().all(|byte| byte.is_ascii_hexdigit())).ok_or_else(no_list)?;
        let begin = from + begin as u64;
        Ok(Line { begin, end: begin + length as u64, hash: hash.to_ascii_uppercase() })
    }

    fn read(&self, window: &mut [u8], from: u64) -> io::Result<usize> {
        let mut length = 0;
        while length < window.len() {
            match self.file.read_at(&mut window[length..], from + length as u64)? {
                0 => break,
                read => length += read,
            }
        }
        Ok(length)
    }
}

struct Line {
    begin: u64,
    /// Where the next one begins.
    end: u64,
    hash: String,
}

fn hashed(password: &str) -> String {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.as_bytes());
    hash.as_ref().iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02X}"))
}

fn no_list() -> io::Error {
    io::Error::new(ErrorKind::InvalidData, "it is no list of SHA-1 hashes in their order, one a line")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::env::temp_dir;
    use std::fs;

    /// A list of these passwords, or any text in its place.
    fn list(name: &str, text: &str) -> io::Result<BreachedPasswords> {
        let path = temp_dir().join(format!("doorstep-breached-{}-{name}", std::process::id()));
        fs::write(&path, text).unwrap();
        let list = BreachedPasswords::open(&path);
        fs::remove_file(path).unwrap();
        list
    }

    fn lines(passwords: impl Iterator<Item = String>, ending: &str) -> Vec<String> {
        let mut lines: Vec<_> = passwords.map(|password| hashed(&password) + ending).collect();
        lines.sort();
        lines
    }

    #[test]
    fn every_password_of_a_list_is_found_and_no_other() {
        for (count, ending) in [(1, "\n"), (2, ":3\r\n"), (1_000, ":12345678\n"), (1_001, "\n")] {
            let text = lines((0..count).map(|n| format!("password {n}")), ending).concat();
            let list = list(&count.to_string(), &text).unwrap();
            for n in 0..count {
                assert!(list.holds(&format!("password {n}")).unwrap(), "{n} of {count}");
                assert!(!list.holds(&format!("another {n}")).unwrap(), "{n} of {count}");
            }
        }
        let text = lines(["a".to_owned(), "b".to_owned()].into_iter(), "\n").concat();
        let list = list("unended", &text.trim_end().to_ascii_lowercase()).unwrap();
        assert!(["a", "b"].iter().all(|password| list.holds(password).unwrap()));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let mut turned = lines((0..9).map(|n| n.to_string()), "\n");
        turned.reverse();
        let turned = turned.concat();
        for (name, text) in [("empty", ""), ("words", "password\n123456\n"), ("turned", turned.as_str())] {
            assert!(list(name, text).is_err(), "{name}");
        }
        assert!(BreachedPasswords::open(Path::new("nowhere")).is_err());
    }
}
