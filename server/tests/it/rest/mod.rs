//! The API as programs see it.

mod auth;
mod bad_input;
mod cors;
mod factors;
mod families;
mod leave;
mod me;
pub mod openapi;
mod passkeys;
mod recovery;
mod required_factor;
mod rights;
mod unproven;
mod users;
mod versions;
