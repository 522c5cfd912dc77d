//! `/account/leave`: taking one's data along, and deleting the account.

mod api;
mod page;

pub(crate) use api::DeleteAccount;
pub use api::LeaveText;
pub use page::LeavePage;
