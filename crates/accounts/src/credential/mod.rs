//! What proves who somebody is: password hashes, password strength, session tokens.

mod dummy;
mod foreign;
mod hasher;
mod stored;
mod strength;
mod token;

pub(crate) use hasher::Hasher;
pub use hasher::Hashing;
pub(crate) use stored::Stored;
pub(crate) use strength::Strength;
pub use token::{SessionToken, SigningKey};
pub(crate) use token::{Subject, Tokens};
