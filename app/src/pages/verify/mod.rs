//! `/verify`: proving an address, by the link or the code of a mail.

mod api;
mod page;

pub(crate) use api::{ResendVerification, VerifyEmail};
pub use page::VerifyPage;
