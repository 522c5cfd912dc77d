//! A replica for reads that may be a second old: admins' lists, the trail, figures, exports.
//!
//! Whoever has just written reads it all the same, on whichever server: before each read the replica must have all that the
//! primary has written by then, on the very connection that is read. It is given a moment for that; else the primary is read.

use crate::connect::{self, Purpose};
use crate::{Store, StoreError, StoreOptions};
use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{PgConnection, Postgres};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// How long a read waits for what it must not miss. A replica that is later than that is left alone until the next probe.
const CATCHES_UP_WITHIN: Duration = Duration::from_millis(300);
/// How old reads may be: a replica that is further behind is of no use.
const MAY_BE_OLD: Duration = Duration::from_secs(1);
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// The connections for reads that may be old.
#[derive(Debug)]
pub(crate) struct Replica {
    pool: PgPool,
    /// Whether the last probe, and each read since, has found it there and in step.
    usable: AtomicBool,
}

impl Replica {
    pub(crate) fn open(options: &StoreOptions, connect: PgConnectOptions) -> Self {
        let (statement, idle_in_transaction) = (options.statement_timeout, options.idle_in_transaction);
        let purpose = Purpose::Reading { statement, idle_in_transaction };
        let wait = options.acquire_timeout.min(MAY_BE_OLD);
        let pool = connect::pool(connect, options.max_connections, wait, purpose, Arc::default());
        Self { pool, usable: AtomicBool::new(false) }
    }

    pub(crate) async fn close(&self) {
        self.pool.close().await;
    }

    fn is_usable(&self) -> bool {
        self.usable.load(Ordering::SeqCst)
    }

    /// Whether reads have all of its connections.
    fn is_full(&self) -> bool {
        self.pool.num_idle() == 0 && self.pool.size() >= self.pool.options().get_max_connections()
    }

    /// A connection for a read, once it has all that the primary had written; `None` where the primary is to be read. If all
    /// connections are in use that holds for this read, and if it is lost or late for each until the next probe.
    async fn in_step(&self, written: &str) -> Option<PoolConnection<Postgres>> {
        let is_full = self.is_full();
        let in_step = async {
            let mut connection = self.pool.acquire().await?;
            catches_up(&mut connection, written).await?;
            Ok::<_, sqlx::Error>(connection)
        };
        let in_step = timeout(CATCHES_UP_WITHIN, in_step).await;
        if !matches!(in_step, Ok(Ok(_))) && !is_full {
            self.usable.store(false, Ordering::SeqCst);
        }
        in_step.ok()?.ok()
    }

    /// Asks on one connection: of several replicas at one address another may have answered the next.
    async fn probe(&self, primary: &PgPool) -> Result<(), StoreError> {
        let mut connection = self.pool.acquire().await?;
        let migrated = sqlx::query_scalar!(
            r#"SELECT max(version) >= $1 AS "migrated!" FROM _sqlx_migrations WHERE success"#,
            crate::newest_migration()
        )
        .fetch_one(&mut *connection);
        let migrated = match migrated.await {
            Err(sqlx::Error::Database(refusal)) if crate::is_not_prepared(refusal.as_ref()) => false,
            other => other?,
        };
        if !migrated || origin(&mut connection).await? != origin(&mut *primary.acquire().await?).await? {
            return Err(StoreError::NotACopy);
        }
        let written = written(primary).await?;
        let caught_up = timeout(MAY_BE_OLD, catches_up(&mut connection, &written)).await;
        Ok(caught_up.map_err(|_| StoreError::Behind)??)
    }
}

/// How far the primary has written what it has confirmed. It flushes that first, unless it is told not to.
async fn written(primary: &PgPool) -> sqlx::Result<String> {
    sqlx::query_scalar!(
        r#"SELECT (CASE current_setting('synchronous_commit')
                   WHEN 'off' THEN pg_current_wal_insert_lsn() ELSE pg_current_wal_flush_lsn() END)::text AS "written!""#
    )
    .fetch_one(primary)
    .await
}

/// Waits until a replica has all of that.
async fn catches_up(replica: &mut PgConnection, written: &str) -> sqlx::Result<()> {
    while !has_replayed(replica, written).await? {
        sleep(LOOK_AGAIN).await;
    }
    Ok(())
}

/// One that is no standby any more has what it likes: it was promoted, beside a primary that may go on.
async fn has_replayed(replica: &mut PgConnection, written: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT pg_is_in_recovery() AND coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false) AS "has!""#,
        written
    )
    .fetch_one(replica)
    .await
}

/// What a standby has from its primary, and no other database has: the cluster, and which of its databases it is.
async fn origin(connection: &mut PgConnection) -> sqlx::Result<(i64, i64)> {
    let found = sqlx::query!(
        r#"SELECT system_identifier AS "cluster!", oid::bigint AS "database!"
           FROM pg_control_system(), pg_database WHERE datname = current_database()"#
    )
    .fetch_one(connection)
    .await?;
    Ok((found.cluster, found.database))
}

impl Store {
    /// Whether a database is set up for reads that may be old.
    #[must_use]
    pub fn has_replica(&self) -> bool {
        self.replica.is_some()
    }

    /// Looks whether that can be used; from then on, and until a read finds it lost or late, it is. While reads have all of
    /// its connections they find out by themselves.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot.
    pub async fn probe_replica(&self) -> Result<(), StoreError> {
        let Some(replica) = &self.replica else { return Ok(()) };
        if replica.is_usable() && replica.is_full() {
            return Ok(());
        }
        let probed = replica.probe(&self.pool).await;
        replica.usable.store(probed.is_ok(), Ordering::SeqCst);
        probed
    }

    /// A connection for what may be a second old, which has all that was written by now: to the replica, where one is in
    /// step, else to the primary. Both together wait no longer for it than a request does.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        self.reader_within(self.pool.options().get_acquire_timeout()).await
    }

    pub(crate) async fn reader_within(&self, wait: Duration) -> Result<PoolConnection<Postgres>, StoreError> {
        let reader = async {
            if let Some(replica) = self.replica.as_deref().filter(|replica| replica.is_usable())
                && let Some(connection) = replica.in_step(&written(&self.pool).await?).await
            {
                return Ok(connection);
            }
            self.pool.acquire().await
        };
        Ok(timeout(wait, reader).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?)
    }
}
