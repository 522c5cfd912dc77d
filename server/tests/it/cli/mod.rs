//! The binary, from outside.

mod audit;
mod changes;
pub mod commands;
mod doctor;
mod encryption;
mod import;
mod invitations;
mod log_lines;
mod redis;
mod roles;
