//! Pages and server functions, as browsers see them.

mod activity;
mod admin;
mod bad_input;
mod cookies;
mod cross_site;
mod devices;
mod email;
mod form_context;
mod functions;
mod guards;
mod leave;
mod plain_forms;
mod recovery;
mod redirects;
mod settings;
mod sign_in_code;
mod sign_up;
mod stored_text;
mod unproven;
mod verification;
