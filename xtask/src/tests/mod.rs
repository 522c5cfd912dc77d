//! Running tests, and what they say: cargo's, the browser's, and the API's against its description.

mod bench;
pub(crate) mod browser;
mod counts;
pub(crate) mod fault;
pub(crate) mod schema;
pub(crate) mod units;
mod verdicts;

pub(crate) use bench::{Bench, Ran};
pub(crate) use counts::Tally;
pub(crate) use units::{Harness, database};
pub(crate) use verdicts::{Verdict, Verdicts};
