//! The machine's own clock, for how long a connection, a request or a command takes. What accounts are judged by is
//! `accounts::Clock`.

use tokio::time::Instant;

pub(crate) fn now() -> Instant {
    Instant::now()
}
