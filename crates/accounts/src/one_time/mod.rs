//! One-time tokens: what the links and codes of mails are good for (promise P25).
//!
//! A token's secret is stored nowhere. It is made of the encryption key and the row's id, so that a repeated mail
//! carries the same link, and from a stolen database no link can be made.

mod mint;
mod pending;
mod redeem;
mod secrets;

pub(crate) use mint::NewToken;
pub(crate) use pending::PendingAccount;
pub(crate) use redeem::Redeemable;
pub(crate) use secrets::Link;
