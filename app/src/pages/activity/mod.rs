//! `/account/activity`: what happened to the account.

mod api;
mod page;

pub use page::ActivityPage;
