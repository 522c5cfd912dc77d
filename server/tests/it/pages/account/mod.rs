//! The pages of an account.

mod activity;
mod devices;
mod email;
mod leave;
