//! `/account/leave`: taking one's data along, and deleting the account.

mod api;
mod page;

pub(crate) use api::DeleteAccount;
pub use page::LeavePage;
