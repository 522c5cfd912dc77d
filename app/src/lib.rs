//! The pages, and the server functions' shells: built twice, for the browser (`hydrate`) and for the
//! server (`ssr`).
//!
//! One folder a page, always with the same files: `mod.rs`, `api.rs` (server functions, five lines
//! each), `page.rs` (components), `state.rs` (view logic without a browser, where there is some).
//! `ui` paints and knows nothing of accounts. There are no rules here: what a form accepts is in
//! `domain`, what a use case does is in `accounts`. The two lines below are the only `cfg` of the crate.

#![expect(unreachable_pub, reason = "#[component] and #[server] write `pub` items of their own")]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!(
    "`ssr` and `hydrate` meet in one build, so no page would ever hydrate: build one package at a time, \
     `cargo build -p server` or `cargo build -p frontend --target wasm32-unknown-unknown`"
);

pub mod account;
mod app;
pub mod error;
pub mod failure;
pub mod flash;
pub mod forms;
pub mod gallery;
mod header;
pub mod home;
mod initials;
pub mod leaving;
pub mod login;
pub mod logout;
mod not_found;
pub mod register;
pub mod routes;
pub mod security;
mod session;
mod settings;
mod shell;
#[cfg(feature = "ssr")]
pub mod ssr;
mod start;
pub mod ui;

pub use app::App;
pub use error::AppError;
pub use failure::failure_document;
pub use flash::Flash;
pub use gallery::gallery_document;
pub use leaving::leaving_document;
pub use settings::AppSettings;
pub use shell::{THEME, shell};
pub use start::{Start, Unsent};
