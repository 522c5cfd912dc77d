//! Running tests and reading their results: cargo's, the browser's, and the API's against its description.

pub(crate) mod browser;
pub(crate) mod counts;
pub(crate) mod fault;
mod runner;
pub(crate) mod schema;
pub(crate) mod units;
mod verdicts;

pub(crate) use counts::Tally;
pub(crate) use runner::{Ran, Runner};
pub(crate) use units::{Harness, database};
pub(crate) use verdicts::{Verdict, Verdicts};
