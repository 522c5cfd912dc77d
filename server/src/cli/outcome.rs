//! How a command ends.

use edge::problem::chain;
use std::error::Error;

pub(super) type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// A refused field in its own words, any other error with its chain: this is the operator's terminal.
pub(super) fn refused(error: &accounts::Error) -> String {
    let accounts::Error::Invalid(errors) = error else { return chain(error) };
    let told = errors.iter().map(words::message).map(|error| format!("{}: {}", error.field, error.message));
    told.collect::<Vec<_>>().join("; ")
}
