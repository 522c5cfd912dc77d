//! `/account/security`: the password and the address.

mod api;
mod email;
mod page;

pub(crate) use api::load_email;
pub(crate) use email::EmailSection;
pub use page::SecurityPage;
