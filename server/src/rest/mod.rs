//! The API: the same use cases over HTTP for programs. One file per resource; a handler gets its context, calls one use
//! case and shapes the answer.

mod answer;
mod caller;
pub(crate) mod calls;
mod compat;
mod config_hint;
mod cross_site;
pub(crate) mod docs;
mod etag;
mod input;
mod jwks;
pub(crate) mod openapi;
pub(crate) mod routes;
mod sample;
mod v1;
