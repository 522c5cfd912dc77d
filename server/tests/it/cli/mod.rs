//! The binary, from outside.

mod commands;
mod encryption;
mod import;
mod invitations;
