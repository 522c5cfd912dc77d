//! Word of changes between servers: what others changed is heard, so that no row of it is used any more, and what was
//! changed here is told.

use crate::session::cache::{SessionCache, SourceKind};
use crate::{Accounts, Inner};
use domain::UserId;
use redis_store::Redis;
use redis_store::invalidation::{self, Subscription};
use std::fmt;
use std::sync::Arc;
use store::invalidation::{CommittedChanges, Listener, ListeningPlace};
use store::{Store, StoreError};
use thiserror::Error as ThisError;

/// Where word of changes comes from.
#[derive(Clone)]
pub enum Source {
    /// The database, by which every server tells of its own changes, in the transaction of each.
    Database(Box<ListeningPlace>),
    /// Redis, where every server tells of its own changes.
    Redis(Redis),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Database(_) => "the database",
            Self::Redis(_) => "Redis",
        })
    }
}

impl Source {
    /// All that are set up; the first one decides whether rows may be used (see [`SessionCache`]).
    fn all(store: &Store, redis: Option<&Redis>) -> Vec<Self> {
        let database = store.listening_place().map(|place| Self::Database(place.into()));
        database.into_iter().chain(redis.cloned().map(Self::Redis)).collect()
    }

    fn kind(&self) -> SourceKind {
        match self {
            Self::Database(_) => SourceKind::Database,
            Self::Redis(_) => SourceKind::Redis,
        }
    }
}

/// A cache that goes by what is set up.
pub(crate) fn session_cache(store: &Store, redis: Option<&Redis>) -> SessionCache {
    SessionCache::new(Source::all(store, redis).first().map(Source::kind))
}

/// Why word of changes is not heard, or not told.
#[derive(Debug, ThisError)]
pub enum InvalidationError {
    /// The database does not tell.
    #[error(transparent)]
    Database(#[from] StoreError),
    /// Redis does not.
    #[error(transparent)]
    Redis(#[from] invalidation::PubSubError),
}

impl InvalidationError {
    /// Whether a standby was listened to: nothing is told there.
    #[must_use]
    pub fn is_of_a_standby(&self) -> bool {
        matches!(self, Self::Database(StoreError::ReadOnly))
    }

    /// Whether the log tells of it anyway: that Redis does not answer is told by its breaker.
    #[must_use]
    pub fn is_told_by_the_breaker(&self) -> bool {
        matches!(self, Self::Redis(invalidation::PubSubError::Unreachable(_)))
    }
}

/// The changes of the other servers, for as long as this exists and is polled.
pub struct Invalidations {
    heard: Heard,
    number: u64,
    inner: Arc<Inner>,
}

enum Heard {
    Database(Listener),
    Redis(Subscription),
}

impl Heard {
    async fn next(&mut self) -> Result<Vec<UserId>, InvalidationError> {
        Ok(match self {
            Self::Database(listener) => vec![listener.next().await?],
            Self::Redis(subscription) => subscription.next().await?,
        })
    }
}

impl Invalidations {
    /// Waits for the next change, and drops the rows that it made stale.
    ///
    /// # Errors
    /// [`InvalidationError`] once the connection is lost: this value is of no further use.
    pub async fn next_invalidation(&mut self) -> Result<(), InvalidationError> {
        let cache = &self.inner.session_cache;
        match self.heard.next().await {
            Ok(users) => users.into_iter().for_each(|user| cache.invalidate(user)),
            Err(error) => {
                cache.end_listening(self.number);
                return Err(error);
            }
        }
        Ok(())
    }
}

impl Drop for Invalidations {
    fn drop(&mut self) {
        self.inner.session_cache.end_listening(self.number);
    }
}

/// What was changed here, to be told to the other servers by Redis.
pub struct Announcements {
    changes: CommittedChanges,
    redis: Redis,
}

impl Announcements {
    /// Waits for a change, and returns the accounts of all that were committed by then.
    pub async fn next(&mut self) -> Vec<UserId> {
        self.changes.next().await
    }

    /// The accounts of what was committed by now.
    pub fn rest(&mut self) -> Vec<UserId> {
        self.changes.rest()
    }

    /// Tells of changed accounts.
    ///
    /// # Errors
    /// [`InvalidationError`] where that may have reached nobody. It is of no use a second later: no row is used for so long.
    pub async fn publish(&self, changed: &[UserId]) -> Result<(), InvalidationError> {
        Ok(invalidation::publish(&self.redis, changed).await?)
    }
}

impl Accounts {
    /// Where word of changes comes from, as it is set up.
    #[must_use]
    pub fn sources(&self) -> Vec<Source> {
        Source::all(self.store(), self.inner.redis.as_ref())
    }

    /// Whether no session is cached unless this source is heard.
    #[must_use]
    pub fn needs(&self, source: &Source) -> bool {
        self.inner.session_cache.decides(source.kind())
    }

    /// Listens to the other servers from now on.
    ///
    /// # Errors
    /// [`InvalidationError`] where the source does not answer.
    pub async fn listen(&self, source: &Source) -> Result<Invalidations, InvalidationError> {
        let heard = match source {
            Source::Database(place) => Heard::Database(place.listen().await?),
            Source::Redis(redis) => Heard::Redis(invalidation::subscribe(redis).await?),
        };
        let number = self.inner.session_cache.begin_listening(source.kind());
        Ok(Invalidations { heard, number, inner: self.inner.clone() })
    }

    /// What is changed here from now on, where Redis is set up.
    #[must_use]
    pub fn announcements(&self) -> Option<Announcements> {
        let redis = self.inner.redis.clone()?;
        Some(Announcements { changes: self.store().committed_changes(), redis })
    }
}
