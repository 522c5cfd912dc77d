//! `/confirm`: showing again that the account is one's own, before something that a thief of a session must not do.

mod api;
mod page;

pub use page::ConfirmPage;
