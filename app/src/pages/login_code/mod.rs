//! `/login/code`: signing in with a code by mail.

mod api;
mod page;

pub use page::LoginCodePage;
