//! `/admin`: people, invitations, the audit trail.
//!
//! Drawn by the server alone, as documents of their own: nobody's WebAssembly holds them, and they need no scripts.

mod act;
mod api;
mod audit;
mod chart;
mod document;
mod event;
mod figures;
mod invitations;
mod invite;
mod parts;
mod user;
mod users;

pub use act::admin_act_document;
pub use audit::admin_audit_document;
pub use figures::admin_figures_document;
pub use invitations::admin_invitations_document;
pub use invite::admin_invite_document;
pub use user::admin_user_document;
pub use users::admin_users_document;
