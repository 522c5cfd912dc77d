//! The log of one test: everything down to trace, from its own thread.
//!
//! One subscriber for the whole binary, set before the first server is made: a scoped one races with
//! tests on other threads that touch a log line for the first time, and then misses it.

use std::cell::RefCell;
use std::io::{Result, Write};
use std::sync::Once;
use tracing_subscriber::filter::dynamic_filter_fn;
use tracing_subscriber::layer::SubscriberExt;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{Layer, fmt, registry};

thread_local! {
    static LINES: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// Called by every server under test.
pub fn init() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let wanted = dynamic_filter_fn(|_, _| LINES.with_borrow(Option::is_some));
        registry().with(fmt::layer().json().with_writer(|| Lines).with_filter(wanted)).init();
    });
}

/// From now on the lines of this thread are kept.
pub fn catch() {
    LINES.set(Some(Vec::new()));
}

/// The lines since [`catch`].
pub fn caught() -> String {
    String::from_utf8(LINES.take().unwrap()).unwrap()
}

struct Lines;

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        LINES.with_borrow_mut(|lines| lines.as_mut().map(|lines| lines.extend_from_slice(bytes)));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}
