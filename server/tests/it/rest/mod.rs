//! The API as programs see it.

mod auth;
mod bad_input;
mod me;
mod rights;
mod users;
