//! The HTTP server: the only place that knows every crate.
//!
//! [`crate::app::router`] is used by the binary and by every HTTP test. No rule about accounts is written
//! here: a handler gets its context, calls one use case and maps the answer.

// `println!` panics if its reader has gone: `output` does not.
#![deny(clippy::print_stdout, clippy::print_stderr)]

pub mod app;
pub mod cli;
mod clock;
pub mod config;
mod download;
pub mod echo;
pub mod http;
pub mod jobs;
pub mod log;
pub mod mail;
pub mod metrics;
mod outbound;
mod pages;
mod rest;
pub mod state;
mod traces;

pub use config::{Compat, Config};
pub use pages::render::routes as page_routes;
pub use state::{AppState, Shared};
