//! `/account`: the profile.

mod api;
mod page;

pub(crate) use api::load_profile;
pub use page::AccountPage;
