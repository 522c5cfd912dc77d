//! `/login`: signing in.

mod api;
mod page;
mod state;

pub use page::LoginPage;
pub(crate) use page::Submit;
pub(crate) use state::prefill;
