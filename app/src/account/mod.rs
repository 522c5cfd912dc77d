//! `/account`: the profile.

mod api;
mod page;

pub use page::AccountPage;
