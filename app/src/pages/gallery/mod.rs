//! `/dev/gallery`, in development only: every component in every state.
//!
//! Drawn by the server alone and without a script, so none of it is in the WebAssembly.

mod page;

pub use page::gallery_document;
