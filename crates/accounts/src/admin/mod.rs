//! What an admin does with the accounts of others.

mod acts;
mod create;
mod factors;
mod figures;
mod invitations;
mod invite;
mod link;
mod list;
mod users;

pub use create::NewAdmin;
pub(crate) use figures::KeptFigures;
pub use link::{LinkFor, PrintedLink};
