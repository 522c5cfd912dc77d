//! The machine's clock, which measures how long a connection, a request or a command takes. The rules of accounts use
//! `accounts::Clock`.

use tokio::time::Instant;

pub(crate) fn now() -> Instant {
    Instant::now()
}
