//! One account: how it is made, shown and changed. Every write locks the account's row first ([`locked`]).

mod locked;
pub(crate) mod me;
mod password;
mod profile;
mod recovery;
mod register;
mod reserved;
mod verification;
pub mod version;

pub use password::PasswordChanged;
