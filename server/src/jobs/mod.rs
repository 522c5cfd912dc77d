//! What the server does by itself, beside the requests.

pub mod changes;
pub mod clock;
pub mod hashes;
pub mod sweep;
