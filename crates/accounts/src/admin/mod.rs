//! What an admin does with the accounts of others.

mod create;
mod invite;
mod link;
mod users;

pub use create::NewAdmin;
pub use link::{LinkFor, PrintedLink};
