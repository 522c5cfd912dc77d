//! `/login`: signing in.

mod api;
mod page;
mod state;

pub use page::LoginPage;
