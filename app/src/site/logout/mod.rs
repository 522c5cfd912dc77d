//! Signing out, from every page.

mod api;
mod button;

pub(crate) use button::{SignOut, sign_out_failed};
