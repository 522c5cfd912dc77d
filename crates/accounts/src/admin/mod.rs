//! What an admin does with the accounts of others.

mod acts;
mod create;
mod invitations;
mod invite;
mod link;
mod users;

pub use create::NewAdmin;
pub use link::{LinkFor, PrintedLink};
