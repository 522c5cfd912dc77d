//! One account: how it is made, shown and changed. Every write locks the account's row first ([`locked`]).

mod locked;
pub(crate) mod me;
mod password;
mod profile;
mod register;
mod reserved;
pub mod version;

pub use password::PasswordChanged;
