//! Word of every change of a session or an account, from every server (LISTEN/NOTIFY).

use crate::{Store, StoreError};
use domain::UserId;
use sqlx::postgres::{PgListener, PgPoolOptions};
use std::io::ErrorKind;

/// As the triggers call it.
const CHANNEL: &str = "session_changes";

/// Hears of changes, on a connection of its own. Behind a pooler that gives each transaction another connection
/// nothing is heard, and nothing says so.
pub struct Listener(PgListener);

impl Store {
    /// Listens from now on.
    ///
    /// # Errors
    /// [`StoreError`] where the database does not answer.
    pub async fn listen(&self) -> Result<Listener, StoreError> {
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .max_lifetime(None)
            .idle_timeout(None)
            .acquire_timeout(self.pool.options().get_acquire_timeout())
            .connect_lazy_with(self.pool.connect_options().as_ref().clone());
        let mut listener = PgListener::connect_with(&pool).await?;
        // What happens until it is there again would go unheard.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(Listener(listener))
    }
}

impl Listener {
    /// Who changed next.
    ///
    /// # Errors
    /// [`StoreError`] once the connection is lost, and with it maybe word of a change.
    pub async fn next(&mut self) -> Result<UserId, StoreError> {
        loop {
            let lost = || sqlx::Error::Io(ErrorKind::ConnectionReset.into());
            let word = self.0.try_recv().await?.ok_or_else(lost)?;
            // Anyone with the database may speak on any channel.
            if let Ok(user) = word.payload().parse() {
                return Ok(UserId(user));
            }
        }
    }
}
