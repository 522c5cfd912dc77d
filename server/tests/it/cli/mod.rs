//! The binary, from outside.

mod audit;
mod changes;
pub mod commands;
mod encryption;
mod import;
mod invitations;
mod redis;
mod roles;
