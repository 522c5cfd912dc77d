//! The HTTP server: the only place that knows every crate.
//!
//! [`web::router`] is used by the binary and by every HTTP test. No rule about accounts is written
//! here: a handler gets its context, calls one use case and maps the answer.

// `println!` panics where its reader has left: `output` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

mod body;
pub mod cli;
pub mod commands;
pub mod config;
pub mod jobs;
pub mod logging;
pub mod output;
mod rest;
pub mod serve;
pub mod state;
pub mod web;

pub use config::Config;
pub use rest::Compat;
pub use state::AppState;
