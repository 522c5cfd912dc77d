use redis::{ErrorKind, RedisError, ServerErrorKind};

/// Whose fault an error is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The server's or the network's: other calls would fail as well.
    Server,
    /// Of what is kept under this call's keys.
    Call,
}

impl Fault {
    pub(crate) fn of(error: &RedisError) -> Self {
        let wrong_type = error.code() == Some("WRONGTYPE");
        match error.kind() {
            ErrorKind::UnexpectedReturnType | ErrorKind::Server(ServerErrorKind::ResponseError) => Self::Call,
            _ if wrong_type => Self::Call,
            _ => Self::Server,
        }
    }
}
