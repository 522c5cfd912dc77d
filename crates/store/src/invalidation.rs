//! Notifications of every change of a session or an account, by any server (LISTEN/NOTIFY).

use crate::connect::{self, Purpose};
use crate::{Store, StoreError};
use domain::UserId;
use sqlx::postgres::PgListener;
use std::io::ErrorKind;

/// The channel that the triggers use.
const CHANNEL: &str = "session_changes";

/// Listens for changes, on a connection of its own.
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
        // A reconnect would miss the changes in between.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        Ok(Listener(listener))
    }
}

impl Listener {
    /// The next account that changed.
    ///
    /// # Errors
    /// [`StoreError`] once the connection is lost, and a notification maybe with it.
    pub async fn next(&mut self) -> Result<UserId, StoreError> {
        loop {
            let lost = || sqlx::Error::Io(ErrorKind::ConnectionReset.into());
            let word = self.0.try_recv().await?.ok_or_else(lost)?;
            // Anyone with access to the database may notify on any channel.
            if let Ok(user) = word.payload().parse() {
                return Ok(UserId(user));
            }
        }
    }
}
