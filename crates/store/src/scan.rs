//! Reading many rows for an admin, without taking what sign-ins need.

use crate::{Store, StoreError};
use sqlx::{PgConnection, Postgres, SqlSafeStr, Transaction};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::{Instant, timeout};

/// How many connections of a server may read for admins at once: the others are there for everybody.
const SCANS: usize = 2;
/// How long it takes to get a connection that is free.
const FREE_WITHIN: Duration = Duration::from_millis(200);

/// The same, of this many in all: two stay free for sign-ins, as far as there are as many.
pub(crate) fn scans(connections: u32) -> usize {
    let spare = usize::try_from(connections).unwrap_or(SCANS).saturating_sub(2);
    SCANS.min(spare.max(1))
}

/// A transaction that only reads, however many rows it has to look at. Whoever has one reads to the end: a statement that
/// nobody waits for runs on, and would do so beside the next.
#[derive(Debug)]
pub struct Scan {
    transaction: Transaction<'static, Postgres>,
    _permit: OwnedSemaphorePermit,
}

impl Store {
    /// Begins to read, once one of the connections for it is free: at the replica, where there is one in step.
    ///
    /// Each statement is planned for the values that it is given: a plan for any filter and any term would read the whole
    /// table for a rare one. It gets no parallel workers, which would take the cores of others.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where none becomes free in the time in which a request gets a connection,
    /// [`StoreError::Unavailable`].
    pub async fn scan(&self) -> Result<Scan, StoreError> {
        let (wait, asked_at) = (self.scan_wait(), Instant::now());
        let permit = timeout(wait, Arc::clone(&self.scans).acquire_owned()).await;
        let Ok(Ok(permit)) = permit else { return Err(StoreError::Busy) };
        // Whoever got the permit at the last moment may still take a connection that is free.
        let left = wait.saturating_sub(asked_at.elapsed()).max(FREE_WITHIN);
        let reader = self.reader_within(left).await?;
        let begin = "BEGIN READ ONLY; SET LOCAL plan_cache_mode = force_custom_plan; \
                     SET LOCAL max_parallel_workers_per_gather = 0";
        let transaction = Transaction::begin(reader, Some(begin.into_sql_str())).await?;
        Ok(Scan { transaction, _permit: permit })
    }

    /// How long a reader may wait before it is told that all are busy.
    #[must_use]
    pub fn scan_wait(&self) -> Duration {
        self.pool.options().get_acquire_timeout()
    }
}

impl Scan {
    pub(crate) fn connection(&mut self) -> &mut PgConnection {
        &mut self.transaction
    }
}

#[cfg(test)]
mod tests {
    use super::scans;

    #[test]
    fn sign_ins_keep_connections_however_few_there_are() {
        let of = [1, 2, 3, 4, 10, 100].map(scans);
        assert_eq!(of, [1, 1, 1, 2, 2, 2]);
    }
}
