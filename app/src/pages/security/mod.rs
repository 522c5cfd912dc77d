//! `/account/security`: the password, the address, sessions and known devices.

mod api;
mod email;
mod page;

pub(crate) use api::load_email;
pub(crate) use email::EmailSection;
pub use page::SecurityPage;
