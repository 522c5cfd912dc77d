//! A replica for reads that may be a second old: admins' lists, the trail, figures, exports.
//!
//! Whoever has just written reads it all the same, on whichever server: before each read the replica must have all that the
//! primary has written by then. It is given a moment for that; else the primary is read.

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

    /// Whether it has, within this time, all that the primary has written by now.
    async fn catches_up(&self, primary: &PgPool, within: Duration) -> Result<bool, StoreError> {
        let written = sqlx::query_scalar!(r#"SELECT pg_current_wal_flush_lsn()::text AS "written!""#)
            .fetch_one(primary)
            .await?;
        let caught_up = async {
            let mut connection = self.pool.acquire().await?;
            while !has(&mut connection, &written).await? {
                sleep(LOOK_AGAIN).await;
            }
            Ok(true)
        };
        timeout(within, caught_up).await.unwrap_or(Ok(false))
    }

    async fn is_in_step(&self, primary: &PgPool) -> bool {
        if !self.usable.load(Ordering::SeqCst) {
            return false;
        }
        let in_step = matches!(self.catches_up(primary, CATCHES_UP_WITHIN).await, Ok(true));
        if !in_step {
            self.usable.store(false, Ordering::SeqCst);
        }
        in_step
    }

    async fn probe(&self, primary: &PgPool) -> Result<(), StoreError> {
        let migrated = sqlx::query_scalar!(
            r#"SELECT max(version) >= $1 AS "migrated!" FROM _sqlx_migrations WHERE success"#,
            crate::newest_migration()
        )
        .fetch_one(&self.pool);
        let migrated = match migrated.await {
            Err(sqlx::Error::Database(refusal)) if crate::is_not_prepared(refusal.as_ref()) => false,
            other => other?,
        };
        let is_copy = migrated && origin(&self.pool).await? == origin(primary).await?;
        match (is_copy, self.catches_up(primary, MAY_BE_OLD).await?) {
            (true, true) => Ok(()),
            (false, _) => Err(StoreError::NotACopy),
            (true, false) => Err(StoreError::Behind),
        }
    }
}

/// One that is no standby any more has what it likes: it was promoted, beside a primary that may go on.
async fn has(connection: &mut PgConnection, written: &str) -> sqlx::Result<bool> {
    sqlx::query_scalar!(
        r#"SELECT pg_is_in_recovery() AND coalesce(pg_last_wal_replay_lsn() >= $1::text::pg_lsn, false) AS "has!""#,
        written
    )
    .fetch_one(connection)
    .await
}

/// What a standby has from its primary, and no other database has: the cluster, and which of its databases it is.
async fn origin(pool: &PgPool) -> sqlx::Result<(i64, i64)> {
    let found = sqlx::query!(
        r#"SELECT system_identifier AS "cluster!", oid::bigint AS "database!"
           FROM pg_control_system(), pg_database WHERE datname = current_database()"#
    )
    .fetch_one(pool)
    .await?;
    Ok((found.cluster, found.database))
}

impl Store {
    /// Whether a database is set up for reads that may be old.
    #[must_use]
    pub fn has_replica(&self) -> bool {
        self.replica.is_some()
    }

    /// Looks whether that can be used; from then on, and until a read finds it lost or late, it is.
    ///
    /// # Errors
    /// [`StoreError`] where it cannot.
    pub async fn probe_replica(&self) -> Result<(), StoreError> {
        let Some(replica) = &self.replica else { return Ok(()) };
        let probed = replica.probe(&self.pool).await;
        replica.usable.store(probed.is_ok(), Ordering::SeqCst);
        probed
    }

    /// Where to read what may be a second old.
    pub(crate) async fn reading(&self) -> &PgPool {
        match &self.replica {
            Some(replica) if replica.is_in_step(&self.pool).await => &replica.pool,
            _ => &self.pool,
        }
    }

    /// A connection there.
    pub(crate) async fn reader(&self) -> Result<PoolConnection<Postgres>, StoreError> {
        Ok(self.reading().await.acquire().await?)
    }
}
