//! Leptos' pages and server functions, and what runs before them.

pub(crate) mod admin;
pub(crate) mod confirm;
pub(crate) mod dev_mail;
pub(crate) mod export;
pub(crate) mod factors;
mod flash;
mod form;
pub(crate) mod form_context;
pub(crate) mod functions;
pub(crate) mod guard;
mod member_document;
pub(crate) mod render;
pub(crate) mod sign_up;
mod unsent;
pub(crate) mod whoami;
