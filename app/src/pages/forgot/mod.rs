//! `/forgot`: asking for a mail that leads to a new password.

mod api;
mod page;

pub use page::ForgotPage;
