//! `/login/factor`: the second step of a sign-in. Drawn by the server alone.

mod api;
mod page;

pub use page::login_factor_document;
