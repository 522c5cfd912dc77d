//! The binary, from outside.

mod audit;
mod changes;
pub mod commands;
mod doctor;
mod encryption;
mod import;
mod invitations;
mod redis;
mod roles;
