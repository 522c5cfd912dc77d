//! `/register`: signing up, which signs in.

mod api;
mod page;

pub(crate) use page::NameField;
pub use page::RegisterPage;
