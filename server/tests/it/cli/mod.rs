//! The binary, from outside.

pub mod commands;
mod encryption;
mod import;
mod invitations;
mod redis;
