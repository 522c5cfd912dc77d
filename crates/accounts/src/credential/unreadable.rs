use thiserror::Error;

/// Why a stored hash is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum Unreadable {
    #[error("no scheme that is known here (Argon2, bcrypt, PBKDF2, scrypt)")]
    Unknown,
    #[error("it is {0}, which is not taken")]
    Refused(&'static str),
    #[error("it is malformed")]
    Malformed,
    #[error("it is above the ceiling of {0}")]
    AboveCeiling(&'static str),
}
