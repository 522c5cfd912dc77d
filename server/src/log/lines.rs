//! Where lines are written. A line of each answer would be a system call of each answer: such lines are collected, and
//! written when they are many, or a tenth of a second later, or when the process ends or panics. Every other line is
//! written at once, behind what its thread has collected.

use std::cell::Cell;
use std::fs::File;
use std::io::{Result, Write};
use std::mem::replace;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{self, Thread};
use std::time::Duration;
use time::OffsetDateTime;

/// How long a line may wait.
const WAIT: Duration = Duration::from_millis(100);
/// How much is written at once.
const FULL: usize = 16_384;
/// Over how many buffers the threads are spread.
const BUFFERS: usize = 16;

/// The stream, and what waits for it.
pub(crate) struct Lines {
    /// Whoever writes has it alone: a pipe would mix long writes.
    stream: Mutex<File>,
    buffers: [Mutex<Buffer>; BUFFERS],
    /// Whether something waits.
    waits: AtomicBool,
    /// Writes what waits; begun with the first line that does.
    flusher: OnceLock<Option<Thread>>,
}

#[derive(Default)]
struct Buffer {
    lines: Vec<u8>,
    /// The last second that was written out, and its text: most lines are of one that was.
    second: i64,
    text: String,
}

/// The lines of this process, once its log has begun; only those for machines are collected.
static LINES: OnceLock<(Arc<Lines>, bool)> = OnceLock::new();

/// Keeps them for as long as the process lives.
pub(crate) fn keep(lines: Arc<Lines>, collects: bool) {
    let _ = LINES.set((lines, collects));
}

/// Where lines are collected.
pub(crate) fn lines() -> Option<&'static Arc<Lines>> {
    LINES.get().and_then(|(lines, collects)| collects.then_some(lines))
}

/// Writes what waits, before the process ends.
pub fn flush() {
    if let Some((lines, _)) = LINES.get() {
        lines.flush();
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// This thread's buffer.
fn own() -> usize {
    static THREADS: AtomicUsize = AtomicUsize::new(0);
    thread_local! {
        static OWN: Cell<Option<usize>> = const { Cell::new(None) };
    }
    OWN.get().unwrap_or_else(|| {
        let own = THREADS.fetch_add(1, Ordering::Relaxed) % BUFFERS;
        OWN.set(Some(own));
        own
    })
}

impl Lines {
    pub(crate) fn new(stream: File) -> Self {
        let buffers = std::array::from_fn(|_| Mutex::default());
        Self { stream: Mutex::new(stream), buffers, waits: AtomicBool::new(false), flusher: OnceLock::new() }
    }

    /// Collects a line, which `write` gets the time of.
    pub(crate) fn add(self: &Arc<Self>, at: OffsetDateTime, write: impl FnOnce(&mut Vec<u8>, &str, u32)) {
        let mut buffer = locked(&self.buffers[own()]);
        let second = at.unix_timestamp();
        if buffer.second != second || buffer.text.is_empty() {
            (buffer.second, buffer.text) = (second, seconds(at));
        }
        let Buffer { lines, text, .. } = &mut *buffer;
        write(lines, text, at.microsecond());
        let full = lines.len() >= FULL;
        drop(buffer);
        if full {
            self.add_now(&[]);
        } else if !self.waits.load(Ordering::Relaxed) && !self.waits.swap(true, Ordering::AcqRel) {
            match self.flusher.get_or_init(|| flusher(self)) {
                Some(flusher) => flusher.unpark(),
                None => self.flush(),
            }
        }
    }

    /// Writes a line now, behind those of this thread that wait.
    fn add_now(&self, line: &[u8]) {
        self.write(&self.buffers[own()], line);
    }

    fn flush(&self) {
        for buffer in &self.buffers {
            self.write(buffer, &[]);
        }
    }

    /// Writes what a buffer holds, and a line behind it. Nothing is taken before the stream is there for it: it would be
    /// nowhere when another writes the process' last lines.
    fn write(&self, buffer: &Mutex<Buffer>, line: &[u8]) {
        let mut stream = locked(&self.stream);
        let mut lines = replace(&mut locked(buffer).lines, Vec::with_capacity(FULL));
        lines.extend_from_slice(line);
        if !lines.is_empty() {
            // A stream that has no reader any more is no reason to fail.
            let _ = stream.write_all(&lines);
        }
    }
}

impl Drop for Lines {
    fn drop(&mut self) {
        self.flush();
        if let Some(Some(flusher)) = self.flusher.get() {
            flusher.unpark();
        }
    }
}

/// The thread that writes what has waited long enough; without one nothing waits.
fn flusher(lines: &Arc<Lines>) -> Option<Thread> {
    let lines = Arc::downgrade(lines);
    let run = move || {
        while let Some(lines) = lines.upgrade() {
            if lines.waits.load(Ordering::Acquire) {
                thread::sleep(WAIT);
                // First: what comes from now on wakes this thread again.
                lines.waits.store(false, Ordering::Release);
                lines.flush();
            } else {
                drop(lines);
                thread::park();
            }
        }
    };
    thread::Builder::new().name("log".to_owned()).spawn(run).ok().map(|handle| handle.thread().clone())
}

/// A time of the day, to the second.
fn seconds(at: OffsetDateTime) -> String {
    let (date, time) = (at.date(), at.time());
    let (year, month, day) = (date.year(), u8::from(date.month()), date.day());
    let (hour, minute, second) = time.as_hms();
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}")
}

/// Writes each line when it comes.
#[derive(Clone)]
pub(crate) struct Writer(pub(crate) Arc<Lines>);

impl Write for Writer {
    fn write(&mut self, line: &[u8]) -> Result<usize> {
        self.0.add_now(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::{PipeReader, Read, pipe};
    use std::os::fd::OwnedFd;
    use std::time::Instant;
    use time::macros::datetime;

    const AT: OffsetDateTime = datetime!(2026-11-28 09:34:46.000_304 UTC);

    fn lines() -> (Arc<Lines>, PipeReader) {
        let (reader, writer) = pipe().unwrap();
        (Arc::new(Lines::new(File::from(OwnedFd::from(writer)))), reader)
    }

    fn add(lines: &Arc<Lines>, line: &str) {
        lines.add(AT, |to, second, micros| writeln!(to, "{second} {micros:06} {line}").unwrap());
    }

    fn read(reader: &mut PipeReader, bytes: usize) -> String {
        let mut text = vec![0; bytes];
        reader.read_exact(&mut text).unwrap();
        String::from_utf8(text).unwrap()
    }

    #[test]
    fn what_waits_is_written_soon() {
        let (lines, mut reader) = lines();
        for n in 0..3 {
            let line = format!("2026-11-28T09:34:46 000304 {n}\n");
            add(&lines, &n.to_string());
            assert_eq!(read(&mut reader, line.len()), line, "once more after it was written");
        }
    }

    #[test]
    fn what_comes_now_is_written_behind_what_waits() {
        let (lines, mut reader) = lines();
        add(&lines, "first");
        Writer(lines.clone()).write_all(b"second\n").unwrap();
        assert_eq!(read(&mut reader, 40), "2026-11-28T09:34:46 000304 first\nsecond\n");
    }

    /// Another may be about to write while the process ends: its lines must not be in its hands alone.
    #[test]
    fn nobody_takes_lines_before_they_can_write_them() {
        let (lines, _reader) = lines();
        add(&lines, "a line");
        let stream = locked(&lines.stream);
        let other = thread::spawn({
            let lines = lines.clone();
            move || lines.flush()
        });
        let begun = Instant::now();
        while begun.elapsed() < 3 * WAIT {
            assert!(!locked(&lines.buffers[own()]).lines.is_empty(), "whoever took it waits for the stream");
            thread::yield_now();
        }
        drop(stream);
        other.join().unwrap();
        assert!(locked(&lines.buffers[own()]).lines.is_empty());
    }

    #[test]
    fn nothing_is_lost_at_the_end_or_between_threads() {
        let (lines, mut reader) = lines();
        let begin = |thread: usize| {
            let lines = lines.clone();
            move || (0..2_000).for_each(|n| add(&lines, &format!("{thread} {n}")))
        };
        let threads: Vec<_> = (0..4).map(|thread| thread::spawn(begin(thread))).collect();
        let all = thread::spawn(move || {
            let mut text = String::new();
            reader.read_to_string(&mut text).unwrap();
            text
        });
        for thread in threads {
            thread.join().unwrap();
        }
        // The flusher may hold them until it looks again.
        lines.flush();
        drop(lines);
        let text = all.join().unwrap();
        for thread in 0..4 {
            let own = format!("2026-11-28T09:34:46 000304 {thread} ");
            let of: Vec<usize> =
                text.lines().filter_map(|line| line.strip_prefix(&own)?.parse().ok()).collect();
            assert_eq!(of.len(), 2_000);
        }
    }
}
