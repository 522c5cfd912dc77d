//! Who changed what: what was committed here, and what other servers notify of in their transactions (LISTEN/NOTIFY).

use crate::connect::{self, Purpose};
use crate::error::late;
use crate::{Listening, Store, StoreError};
use domain::UserId;
use sqlx::PgConnection;
use sqlx::postgres::{PgConnectOptions, PgListener};
use std::io::ErrorKind;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::time::timeout;

/// The channel that servers use, and the triggers that told before them (docs/adr/0012-the-program-tells.md).
const CHANNEL: &str = "session_changes";

/// How long a listener hears nothing before it asks whether the primary is still there.
const SILENCE: Duration = Duration::from_secs(1);

/// How long it may take to begin to listen: a network that froze meanwhile ends no statement.
const BEGINS_WITHIN: Duration = Duration::from_secs(10);

/// Those who are told which accounts were changed here.
#[derive(Debug, Default)]
pub(crate) struct Subscribers(Mutex<Vec<UnboundedSender<UserId>>>);

impl Subscribers {
    /// Waits for nobody.
    pub(crate) fn tell(&self, changed: &[UserId]) {
        let mut subscribers = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        subscribers.retain(|one| changed.iter().all(|&user| one.send(user).is_ok()));
    }
}

/// Has the commit of this transaction tell whoever listens of these accounts. A statement of the program's own, not a
/// trigger: where an engine keeps tables on other nodes, triggers would tell there, and nobody listens there.
pub(crate) async fn notify(connection: &mut PgConnection, changed: &[UserId]) -> sqlx::Result<()> {
    let words: Vec<String> = changed.iter().map(ToString::to_string).collect();
    sqlx::query!("SELECT pg_notify($1, word) FROM unnest($2::text[]) AS word", CHANNEL, &words)
        .fetch_all(connection)
        .await
        .map(drop)
}

/// The accounts that were changed here, each after its commit.
#[derive(Debug)]
pub struct CommittedChanges(UnboundedReceiver<UserId>);

impl Store {
    /// The accounts that are changed here from now on.
    #[must_use]
    pub fn committed_changes(&self) -> CommittedChanges {
        let (sender, receiver) = unbounded_channel();
        self.changes.0.lock().unwrap_or_else(PoisonError::into_inner).push(sender);
        CommittedChanges(receiver)
    }

    /// Where to listen for what others change; `None` where that is turned off.
    #[must_use]
    pub fn listening_place(&self) -> Option<ListeningPlace> {
        let (requests, wait) = self.beside();
        let (connect, apart) = match self.listening.as_ref() {
            Listening::AsRequests => (requests, false),
            Listening::At(connect) => (connect.as_ref().clone(), true),
            Listening::Off => return None,
        };
        Some(ListeningPlace { store: self.clone(), connect, apart, wait })
    }
}

impl CommittedChanges {
    /// Waits for a change, and returns every one that was committed by then, each account once.
    pub async fn next(&mut self) -> Vec<UserId> {
        let Some(first) = self.0.recv().await else { return std::future::pending().await };
        let mut changed = vec![first];
        changed.extend(self.rest());
        changed.sort_unstable();
        changed.dedup();
        changed
    }

    /// What was committed by now and not taken yet.
    pub fn rest(&mut self) -> Vec<UserId> {
        std::iter::from_fn(|| self.0.try_recv().ok()).collect()
    }
}

/// Where notifications are heard.
#[derive(Clone)]
pub struct ListeningPlace {
    store: Store,
    connect: PgConnectOptions,
    /// Whether it is another address than that of requests.
    apart: bool,
    wait: Duration,
}

impl ListeningPlace {
    /// Listens from now on. Asked each time whether the session is its own: a pooler may have been put there since.
    ///
    /// # Errors
    /// [`StoreError`] where the database does not answer, gives its sessions to others as well, or is not heard there.
    pub async fn listen(&self) -> Result<Listener, StoreError> {
        timeout(BEGINS_WITHIN, self.begin()).await.map_err(|_| late())?
    }

    async fn begin(&self) -> Result<Listener, StoreError> {
        connect::are_own(self.connect.clone(), self.wait).await.map_err(|error| match error {
            StoreError::SharedSessions if self.apart => StoreError::SharedListener,
            other => other,
        })?;
        let pool = connect::single(self.connect.clone(), self.wait, Purpose::Listening);
        let mut listener = PgListener::connect_with(&pool).await?;
        // A reconnect would miss the changes in between.
        listener.eager_reconnect(false);
        listener.listen(CHANNEL).await?;
        let mut listener = Listener { listener, wait: self.wait };
        if self.apart {
            self.prove_heard(&mut listener).await?;
        }
        Ok(listener)
    }

    /// Another database than that of requests would be silent for ever, and nobody would notice.
    async fn prove_heard(&self, listener: &mut Listener) -> Result<(), StoreError> {
        let session: i32 =
            sqlx::query_scalar("SELECT pg_backend_pid()").fetch_one(&mut listener.listener).await?;
        let word = format!("heard {session}");
        sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(&word).execute(&self.store.pool).await?;
        let heard = async {
            while listener.payload().await? != word {}
            Ok(())
        };
        timeout(self.wait, heard).await.unwrap_or(Err(StoreError::NotHeard))
    }
}

/// Listens for changes, on a connection of its own.
pub struct Listener {
    listener: PgListener,
    wait: Duration,
}

impl Listener {
    /// The next account that changed.
    ///
    /// # Errors
    /// [`StoreError`] once the connection is lost, and a notification maybe with it; also where the server at its other end
    /// does not answer any more, or is a standby now.
    pub async fn next(&mut self) -> Result<UserId, StoreError> {
        loop {
            let Ok(word) = timeout(SILENCE, self.payload()).await else {
                self.ask().await?;
                continue;
            };
            // Anyone with access to the database may notify on any channel.
            if let Ok(user) = word?.parse() {
                return Ok(UserId(user));
            }
        }
    }

    /// A primary that froze is as silent as one where nothing changes, and the network may not notice for an hour.
    async fn ask(&mut self) -> Result<(), StoreError> {
        let standby = sqlx::query_scalar!(r#"SELECT pg_is_in_recovery() AS "standby!""#);
        let standby = timeout(self.wait, standby.fetch_one(&mut self.listener)).await;
        if standby.map_err(|_| late())?? { Err(StoreError::ReadOnly) } else { Ok(()) }
    }

    async fn payload(&mut self) -> Result<String, StoreError> {
        let lost = || sqlx::Error::Io(ErrorKind::ConnectionReset.into());
        let word = self.listener.try_recv().await?.ok_or_else(lost)?;
        Ok(word.payload().to_owned())
    }
}
