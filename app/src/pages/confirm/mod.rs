//! `/confirm`: showing again that the account is one's own, before something that a thief of a session must not do.
//!
//! Drawn by the server alone, as a document of its own: nobody's WebAssembly holds it, and it needs no scripts.

mod api;
mod document;

pub use document::confirm_document;
