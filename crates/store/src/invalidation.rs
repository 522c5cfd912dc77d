//! Word of every change of a session or an account, from every server (LISTEN/NOTIFY).

use crate::connect::{self, Purpose};
use crate::{Store, StoreError};
use domain::UserId;
use sqlx::postgres::PgListener;
use std::io::ErrorKind;

/// As the triggers call it.
const CHANNEL: &str = "session_changes";

/// Hears of changes, on a connection of its own.
pub struct Listener(PgListener);

impl Store {
    /// Listens from now on.
    ///
    /// # Errors
    /// [`StoreError`] where the database does not answer, or gives its sessions to others as well.
    pub async fn listen(&self) -> Result<Listener, StoreError> {
        self.ask_for_own_sessions().await?;
        let (connect, wait) = self.beside();
        let pool = connect::single(connect, wait, Purpose::Listening);
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
