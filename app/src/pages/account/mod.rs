//! `/account`: the profile.

mod api;
mod page;
mod unproven;

pub(crate) use api::load_profile;
pub use page::AccountPage;
pub(crate) use unproven::Unproven;
