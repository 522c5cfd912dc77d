//! The log: lines that may wait a moment and are written together, and which request a line belongs to.

pub(crate) mod current;
mod format;
mod lines;

pub(crate) use format::WithRequest;
pub use lines::flush;
pub(crate) use lines::{Lines, Writer, keep, lines};
