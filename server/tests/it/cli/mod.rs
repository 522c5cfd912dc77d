//! The binary, from outside.

mod commands;
mod import;
