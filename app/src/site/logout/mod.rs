//! Signing out, from every page.

mod api;
mod page;

pub(crate) use page::{SignOut, sign_out_failed};
