//! What proves who somebody is: password hashes, password strength, tokens and the keys they are signed with.

mod dummy;
mod encryption;
mod foreign;
mod hasher;
mod hashes;
mod key;
mod queue;
mod spelling;
mod stored;
mod strength;
mod token;
mod unreadable;
mod weakness;

pub use encryption::EncryptionKeys;
pub(crate) use encryption::{Label, Sealed};
pub use hasher::Hashing;
pub(crate) use hasher::{Hasher, Verdict};
pub(crate) use hashes::LastCount;
pub use key::{KeyRing, SigningKey};
pub(crate) use queue::Priority;
pub(crate) use stored::Stored;
pub(crate) use strength::Strength;
pub use strength::{BreachedPasswords, LEAST_SCORE as LEAST_PASSWORD_SCORE, is_pattern};
pub use token::{ReadToken, SessionToken};
pub(crate) use token::{Subject, Tokens};
