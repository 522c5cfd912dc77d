//! Passwords that were seen in breaches, as far as the owner of a copy has a list of them.

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use std::cmp::Ordering;
use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A SHA-1 in hexadecimal.
const HASH: usize = 40;
/// More than a line has.
const LINE: usize = 64;
/// How many lines a start looks at: enough for every list whose order is another to be found, and a few milliseconds.
const LOOKED_AT: u64 = 200;
/// How often it is told that the list cannot be read.
const TOLD_EVERY: Duration = Duration::from_hours(1);

/// A file of SHA-1 hashes in their order, a line each, as those who collect them hand them out (`HASH:COUNT`). It is read
/// where it lies: forty gigabytes of it take thirty-odd reads a password and no memory.
#[derive(Debug)]
pub struct BreachedPasswords {
    file: File,
    told: Mutex<Option<Instant>>,
}

impl BreachedPasswords {
    /// Opens a list, and looks at 200 of its lines.
    ///
    /// # Errors
    /// Where it cannot be read, or is no such list.
    pub fn open(path: &Path) -> io::Result<Self> {
        let opened = Self { file: File::open(path)?, told: Mutex::default() };
        opened.look(LOOKED_AT)?;
        Ok(opened)
    }

    /// Looks at this many lines at even distances, the first and the last among them, and whether they are in order.
    ///
    /// # Errors
    /// Where one cannot be read, or is not in its place.
    pub fn look(&self, lines: u64) -> io::Result<()> {
        let end = self.length()? - 1;
        let mut before: Option<Line> = None;
        for step in 0..=lines {
            let at = u128::from(end) * u128::from(step) / u128::from(lines.max(1));
            let line = self.line_at(u64::try_from(at).unwrap_or(end))?;
            if before.is_some_and(|before| before.begin != line.begin && before.hash > line.hash) {
                return Err(no_list());
            }
            before = Some(line);
        }
        Ok(())
    }

    /// Whether the list holds a password. One that cannot be read holds none: nobody could choose a password otherwise, not
    /// even one who was robbed of the old one. The log tells of it, once an hour.
    pub(super) fn holds(&self, password: &str) -> bool {
        self.find(password).unwrap_or_else(|error| {
            if self.is_news(Instant::now()) {
                tracing::error!(%error, "BREACHED_PASSWORDS_FILE cannot be read: new passwords are not looked up in it");
            }
            false
        })
    }

    fn is_news(&self, now: Instant) -> bool {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let news = told.is_none_or(|told| now.saturating_duration_since(told) >= TOLD_EVERY);
        if news {
            *told = Some(now);
        }
        news
    }

    /// As long as it is now: it may have been written anew where it lies.
    fn length(&self) -> io::Result<u64> {
        Some(self.file.metadata()?.len()).filter(|length| *length > 0).ok_or_else(no_list)
    }

    fn find(&self, password: &str) -> io::Result<bool> {
        let hash = hashed(password);
        // Both are where a line begins.
        let (mut low, mut high) = (0, self.length()?);
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
                assert!(list.find(&format!("password {n}")).unwrap(), "{n} of {count}");
                assert!(!list.find(&format!("another {n}")).unwrap(), "{n} of {count}");
            }
        }
        let text = lines(["a".to_owned(), "b".to_owned()].into_iter(), "\n").concat();
        let list = list("unended", &text.trim_end().to_ascii_lowercase()).unwrap();
        assert!(["a", "b"].iter().all(|password| list.find(password).unwrap()));
    }

    #[test]
    fn what_is_no_list_is_refused() {
        let mut turned = lines((0..9).map(|n| n.to_string()), "\n");
        turned.reverse();
        // By how often they were seen: its ends may stand right by chance.
        let mut shuffled = lines((0..1_000).map(|n| n.to_string()), ":1\n");
        for at in 1..999 {
            shuffled.swap(at, 1 + at * 389 % 998);
        }
        let one_after_the_other =
            [lines((0..50).map(|n| n.to_string()), "\n"), vec!["F".repeat(HASH) + "\n"]];
        let parts = one_after_the_other.concat().concat().repeat(2);
        for (name, text) in [
            ("empty", String::new()),
            ("words", "password\n123456\n".to_owned()),
            ("turned", turned.concat()),
            ("shuffled", shuffled.concat()),
            ("parts", parts),
        ] {
            assert!(list(name, &text).is_err(), "{name}");
        }
        assert!(BreachedPasswords::open(Path::new("nowhere")).is_err());
    }

    #[test]
    fn a_list_that_is_no_more_holds_nobody_up_and_is_told_of_once_an_hour() {
        let path = temp_dir().join(format!("doorstep-breached-{}-rewritten", std::process::id()));
        let text = lines((0..1_000).map(|n| format!("password {n}")), ":1\n").concat();
        fs::write(&path, &text).unwrap();
        let list = BreachedPasswords::open(&path).unwrap();
        let held = || (0..1_000).filter(|n| list.holds(&format!("password {n}"))).count();
        assert_eq!(held(), 1_000);
        // Half of it, where it lies: what is left is a list.
        fs::write(&path, &text[..43 * 500]).unwrap();
        assert_eq!(held(), 500);
        for rest in ["", "half a"] {
            fs::write(&path, rest).unwrap();
            assert_eq!(held(), 0, "{rest}");
        }
        fs::remove_file(path).unwrap();
        assert!(list.look(LOOKED_AT).is_err());
        let now = Instant::now();
        let told = [now, now + TOLD_EVERY / 2, now + TOLD_EVERY, now + TOLD_EVERY];
        *list.told.lock().unwrap() = None;
        assert_eq!(told.map(|now| list.is_news(now)), [true, false, true, false]);
    }
}
