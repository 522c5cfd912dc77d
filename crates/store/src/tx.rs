//! Transactions, and whom they changed.

use crate::error::late;
use crate::{Store, StoreError, invalidation};
use domain::UserId;
use sqlx::{PgConnection, Postgres, Transaction};
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::time::timeout;

/// How long a commit may take. It goes on without whoever asked for it, so nobody else gives it up: where the network is
/// frozen it would keep its connection for as long as TCP tries.
const COMMIT: Duration = Duration::from_secs(5);

/// One transaction. Dropped without [`Tx::commit`], it changes nothing.
#[derive(Debug)]
pub struct Tx {
    inner: Transaction<'static, Postgres>,
    store: Store,
    /// Existing accounts that it changes, or sessions of theirs: other servers are told of them by the commit.
    changed: Vec<UserId>,
    /// Whether it put a mail into the outbox.
    mailed: bool,
}

impl Store {
    /// Begins a transaction; it rolls back unless committed.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where no connection is to be had in time.
    pub async fn begin(&self) -> Result<Tx, StoreError> {
        let inner = self.pool.begin().await?;
        Ok(Tx { inner, store: self.clone(), changed: Vec::new(), mailed: false })
    }

    /// How many transactions that may have changed sessions or accounts were committed here.
    #[must_use]
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::SeqCst)
    }
}

impl Tx {
    /// Makes the changes last. Once begun that goes on, also where nobody waits for it any more: a word of changes that
    /// came before them would have others read, and keep, what was there before.
    ///
    /// # Errors
    /// [`StoreError::Unconfirmed`] where nobody knows whether they do; any other where they do not.
    pub async fn commit(self) -> Result<(), StoreError> {
        let committed = tokio::spawn(self.commit_and_notify()).await;
        committed.unwrap_or(Err(StoreError::Unconfirmed(sqlx::Error::WorkerCrashed)))
    }

    async fn commit_and_notify(self) -> Result<(), StoreError> {
        let Self { mut inner, store, changed, mailed } = self;
        if !changed.is_empty() {
            timeout(COMMIT, invalidation::notify(&mut inner, &changed)).await.map_err(|_| late())??;
        }
        let _at_its_end = (!changed.is_empty()).then(|| Notification { store: store.clone(), changed });
        let committed = timeout(COMMIT, inner.commit()).await;
        committed.unwrap_or_else(|_| Err(late())).map_err(StoreError::of_commit)?;
        if mailed {
            store.mails.notify_one();
        }
        Ok(())
    }

    /// Undoes the changes and releases the locks, now and not only when the connection is used again.
    ///
    /// # Errors
    /// [`StoreError`] where the database does not answer.
    pub async fn rollback(self) -> Result<(), StoreError> {
        Ok(self.inner.rollback().await?)
    }

    /// For statements that may change this account, which exists already, or a session of its.
    pub(crate) fn changing(&mut self, user: UserId) -> &mut PgConnection {
        self.changed(&[user]);
        &mut self.inner
    }

    /// For statements that tell themselves whom they changed.
    pub(crate) fn changed(&mut self, users: &[UserId]) {
        self.changed.extend(users);
    }

    /// For statements that leave existing sessions and accounts as they are: look-ups, locks, new rows, and values that
    /// only the database itself uses.
    pub(crate) fn unchanging(&mut self) -> &mut PgConnection {
        &mut self.inner
    }

    /// For what puts a mail into the outbox.
    pub(crate) fn mailing(&mut self) {
        self.mailed = true;
    }
}

/// Tells of a commit when it ends in any way: even if its answer was lost, the changes may be there.
struct Notification {
    store: Store,
    changed: Vec<UserId>,
}

impl Drop for Notification {
    fn drop(&mut self) {
        self.store.commits.fetch_add(1, Ordering::SeqCst);
        self.store.changes.tell(&self.changed);
    }
}
