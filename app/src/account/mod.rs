//! `/account`: the profile.

mod api;
mod page;
mod state;

pub use page::AccountPage;
