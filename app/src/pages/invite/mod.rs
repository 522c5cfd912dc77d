//! `/invite`: making an account by the link or the code of an invitation.

mod api;
mod page;

pub use page::InvitePage;
