//! Pages and server functions, as browsers see them.

mod account;
mod admin;
mod admin_audit;
mod admin_figures;
mod bad_input;
mod cookies;
mod cross_site;
mod form_context;
pub mod functions;
pub mod guards;
mod plain_forms;
mod recovery;
mod redirects;
mod required_factor;
mod settings;
mod sign_in_code;
mod sign_up;
mod stored_text;
mod two_step;
mod unproven;
mod verification;
