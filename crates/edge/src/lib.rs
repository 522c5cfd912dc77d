//! What both HTTP faces share: who calls and from where, cookies, the origin check, errors as answers.
//!
//! No rule about accounts is written here and no page: a request comes in, a [`RequestCtx`] goes to
//! the use case, and an `accounts::Error` leaves as a problem document (RFC 9457).
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

pub use client_ip::TrustedProxies;
pub use cookie::CookieStyle;
pub use origin::Origin;
pub use request_id::RequestId;
