//! How a command ends.

use edge::problem::chain;
use std::error::Error;

pub(super) type Outcome = Result<(), Box<dyn Error + Send + Sync>>;

/// The sentences of refused fields, or the whole chain of any other error: only the operator reads them.
pub(super) fn refused(error: &accounts::Error) -> String {
    let accounts::Error::Invalid(errors) = error else { return chain(error) };
    let told = errors.iter().map(words::message).map(|error| format!("{}: {}", error.field, error.message));
    told.collect::<Vec<_>>().join("; ")
}
