//! `/account/security`: the password and the address.

mod api;
mod email;
mod page;

pub use page::SecurityPage;
