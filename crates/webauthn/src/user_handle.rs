/// Random bytes of an account's own, by which passkeys know it, and nothing else about it: they show them to whoever holds
/// one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UserHandle(pub [u8; 16]);
