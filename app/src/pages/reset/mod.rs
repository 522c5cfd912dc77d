//! `/reset`: a new password, by the link or the code of a mail.

mod api;
mod page;

pub(crate) use api::ResetPassword;
pub use page::ResetPage;
