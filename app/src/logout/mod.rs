//! Signing out, from every page.

mod api;
mod page;

pub(crate) use page::SignOut;
