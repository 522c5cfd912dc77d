//! The pages, and the server functions' shells: built twice, for the browser (`hydrate`) and for the
//! server (`ssr`).
//!
//! `shell.rs`, `app.rs` and `routes.rs` compose the site out of `pages/`. Each page has a folder, always with the same
//! files: `mod.rs`, `api.rs` (server functions, five lines each), `page.rs` (components), `state.rs` (view logic
//! without a browser, where there is some). `site/` is what pages share, `ui/` paints and knows nothing of accounts.
//! Modules import downwards: pages, site, ui, and below them what travels between server and page (`settings.rs`,
//! `initial_state.rs`, `json.rs`, `value.rs`, `ssr.rs`). There are no rules here: what a form accepts is in `domain`,
//! what a use case does is in `accounts`. The two lines below are the only `cfg` of the crate.

#![expect(unreachable_pub, reason = "#[component] and #[server] write `pub` items of their own")]

#[cfg(all(feature = "ssr", feature = "hydrate"))]
compile_error!(
    "`ssr` and `hydrate` meet in one build, so no page would ever hydrate: build one package at a time, \
     `cargo build -p server` or `cargo build -p frontend --target wasm32-unknown-unknown`"
);

mod app;
pub mod error;
pub mod forms;
mod initial_state;
mod json;
mod pages;
pub mod routes;
mod settings;
mod shell;
mod site;
#[cfg(feature = "ssr")]
pub mod ssr;
mod ui;
mod value;

pub use app::App;
pub use error::AppError;
pub use initial_state::{InitialState, SignUpNonce, Unsent};
pub use pages::admin::{
    admin_act_document, admin_audit_document, admin_figures_document, admin_invitations_document,
    admin_invite_document, admin_user_document, admin_users_document,
};
pub use pages::confirm::confirm_document;
pub use pages::dev_mail::{SentMail, mail_document, mails_document};
pub use pages::factors::{Enrolment, FactorsPage, factors_document};
pub use pages::failure::failure_document;
pub use pages::gallery::gallery_document;
pub use pages::login_factor::login_factor_document;
pub use pages::sign_out_confirmation::sign_out_document;
pub use settings::{AppSettings, SignupFields};
pub use shell::shell;
pub use site::{DocumentContext, StrangerContext, THEME};
pub use ui::Flash;
