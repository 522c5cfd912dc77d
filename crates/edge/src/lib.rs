//! What pages and API share: who calls and from where, cookies, the origin check, errors as answers.
//!
//! There is no rule about accounts here and no page. A request becomes a [`RequestCtx`] for the use case, and an
//! `accounts::Error` becomes a problem document (RFC 9457).
//!
//! [`RequestCtx`]: accounts::RequestCtx

pub mod bearer;
pub mod caller;
pub mod client_ip;
pub mod cookie;
pub mod origin;
pub mod problem;
pub mod rate_limit;
pub mod request_id;
pub mod trace_parent;

pub use client_ip::TrustedProxies;
pub use cookie::CookieStyle;
pub use origin::Origin;
pub use request_id::RequestId;
pub use trace_parent::TraceParent;
