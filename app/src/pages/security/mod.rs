//! `/account/security`: the password.

mod api;
mod page;

pub use page::SecurityPage;
