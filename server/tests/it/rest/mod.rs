//! The API as programs see it.

mod auth;
mod bad_input;
mod me;
pub mod openapi;
mod rights;
mod users;
