//! What proves who somebody is: password hashes, password strength, session tokens.

mod hasher;
mod strength;
mod token;

pub(crate) use hasher::Hasher;
pub use hasher::Hashing;
pub(crate) use strength::Strength;
pub use token::{SessionToken, SigningKey};
pub(crate) use token::{Subject, Tokens};
