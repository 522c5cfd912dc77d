//! The page of a request that could not be answered: whole without scripts, context or database.

mod page;

pub use page::{Failure, failure_document};
