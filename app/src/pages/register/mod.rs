//! `/register`: signing up, which signs in.

mod api;
mod page;

pub use page::RegisterPage;
