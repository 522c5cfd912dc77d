//! `/not-me`: taking an account back, by the link or the code of a notice.

mod api;
mod page;

pub use page::NotMePage;
