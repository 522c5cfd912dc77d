//! What an admin does with the accounts of others.

mod create;
mod users;

pub use create::NewAdmin;
