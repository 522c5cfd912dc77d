//! The pages of an account.

mod activity;
mod confirm;
mod devices;
mod email;
mod leave;
mod passkeys;
