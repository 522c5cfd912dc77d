//! Counting tries: one statement per count, so that two replicas never admit one too many (P14). All times are the
//! database's and are arguments: a statement computes only with bigint, which every distributed database supports.

use crate::{Store, StoreError, Tx};
use sqlx::PgConnection;
use time::Duration;

/// What a count is kept under.
pub type Key = [u8; 32];

/// A time by the database's clock: microseconds since 1970.
pub type Micros = i64;

/// The margin for a failure without a wait: clocks are not measured to the microsecond.
const NO_WAIT: Micros = -1_000_000;

/// A bucket that holds `burst` tries and gets one back every `interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// How many tries at once.
    pub burst: i32,
    /// How long until the next one.
    pub interval: Duration,
}

/// A bucket, and its key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// What it is counted under.
    pub key: Key,
    /// How much it holds.
    pub bucket: Bucket,
}

impl Budget {
    /// How long until an empty bucket is full.
    fn whole(&self) -> Micros {
        micros(self.bucket.interval * self.bucket.burst)
    }
}

/// A budget that is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsedUp {
    /// Whose.
    pub key: Key,
    /// How long until the next try may be taken out of it.
    pub wait: Duration,
}

/// What time it is by the database's clock.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn time(store: &Store) -> Result<Micros, StoreError> {
    let now =
        sqlx::query_scalar!(r#"SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS "now!""#)
            .fetch_one(&store.pool)
            .await?;
    Ok(now)
}

/// Takes one try out of each of these budgets, or out of none if one of them is used up, and returns that one. Callers
/// must name shared budgets in the same order, or two could wait for each other.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn take(store: &Store, budgets: &[Budget], now: Micros) -> Result<Option<UsedUp>, StoreError> {
    if let [budget] = budgets {
        return take_one(&mut *store.pool.acquire().await?, budget, now).await;
    }
    let mut tx = store.pool.begin().await?;
    if let [one, other] = budgets
        && one.whole() == other.whole()
    {
        let used_up = take_two(&mut tx, [one, other], now).await?;
        if used_up.is_some() {
            tx.rollback().await?;
        } else {
            tx.commit().await?;
        }
        return Ok(used_up);
    }
    for budget in budgets {
        let used_up = take_one(&mut tx, budget, now).await?;
        if used_up.is_some() {
            tx.rollback().await?;
            return Ok(used_up);
        }
    }
    tx.commit().await?;
    Ok(None)
}

/// Takes one try out of a budget in the caller's own transaction; says whether there was one. What is undone is not
/// counted.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn take_in(tx: &mut Tx, budget: &Budget, now: Micros) -> Result<bool, StoreError> {
    Ok(take_one(tx.unchanging(), budget, now).await?.is_none())
}

async fn take_one(
    connection: &mut PgConnection,
    budget: &Budget,
    now: Micros,
) -> Result<Option<UsedUp>, StoreError> {
    let Budget { key, bucket } = budget;
    let (interval, whole) = (micros(bucket.interval), budget.whole());
    let taken = sqlx::query!(
        "INSERT INTO throttle_rates AS rate (key, paid_until) VALUES ($1, $2)
         ON CONFLICT (key) DO UPDATE SET paid_until = greatest(rate.paid_until, $3) + $4
         WHERE greatest(rate.paid_until, $3) + $4 <= $5",
        key.as_slice(),
        now + interval,
        now,
        interval,
        now + whole,
    )
    .execute(&mut *connection)
    .await?;
    if taken.rows_affected() == 1 {
        return Ok(None);
    }
    used_up(connection, budget, now).await.map(Some)
}

/// The same of two budgets of which both are full after the same time, like an address' and its network's: in one
/// statement. If one is used up, the transaction may not be committed.
async fn take_two(
    connection: &mut PgConnection,
    budgets: [&Budget; 2],
    now: Micros,
) -> Result<Option<UsedUp>, StoreError> {
    let [one, other] = budgets;
    let taken = sqlx::query_scalar!(
        "INSERT INTO throttle_rates AS rate (key, paid_until) VALUES ($1, $3), ($2, $4)
         ON CONFLICT (key) DO UPDATE SET paid_until = greatest(rate.paid_until, $5) + excluded.paid_until - $5
         WHERE greatest(rate.paid_until, $5) + excluded.paid_until - $5 <= $6
         RETURNING key",
        one.key.as_slice(),
        other.key.as_slice(),
        now + micros(one.bucket.interval),
        now + micros(other.bucket.interval),
        now,
        now + one.whole(),
    )
    .fetch_all(&mut *connection)
    .await?;
    match budgets.into_iter().find(|budget| !taken.iter().any(|key| *key == budget.key)) {
        Some(budget) => used_up(connection, budget, now).await.map(Some),
        None => Ok(None),
    }
}

async fn used_up(connection: &mut PgConnection, budget: &Budget, now: Micros) -> Result<UsedUp, StoreError> {
    let Budget { key, bucket } = budget;
    let paid_until =
        sqlx::query_scalar!("SELECT paid_until FROM throttle_rates WHERE key = $1", key.as_slice())
            .fetch_optional(connection)
            .await?;
    // The row went in the meantime: the next try may come at once.
    let next_at = paid_until.map_or(now, |paid| paid + micros(bucket.interval) - budget.whole());
    Ok(UsedUp { key: *key, wait: Duration::microseconds(next_at - now) })
}

/// Counts a try of each of these keys, of which none stands there twice, and says of each whether it was one of the
/// `burst` that its bucket holds, whatever its interval. The work is the same whatever is left: a try too many is
/// written down as well.
///
/// # Errors
/// [`StoreError`] where the database does not answer; nothing is counted then.
pub async fn count(
    store: &Store,
    keys: &[(Key, Duration)],
    burst: i32,
    now: Micros,
) -> Result<Vec<bool>, StoreError> {
    let (keys, steps): (Vec<_>, Vec<_>) =
        keys.iter().map(|(key, interval)| (key.to_vec(), micros(*interval))).unzip();
    let left = sqlx::query_scalar!(
        r#"WITH counted AS (
            INSERT INTO throttle_rates AS rate (key, paid_until)
            SELECT key, $3 + step FROM unnest($1::bytea[], $2::bigint[]) AS tries (key, step) ORDER BY key
            ON CONFLICT (key) DO UPDATE SET paid_until = least(
                greatest(rate.paid_until, $3) + excluded.paid_until - $3,
                $3 + $4 * (excluded.paid_until - $3) + 1)
            RETURNING key, paid_until)
           SELECT paid_until <= $3 + $4 * step AS "left!"
           FROM unnest($1::bytea[], $2::bigint[]) WITH ORDINALITY AS tries (key, step, place)
                JOIN counted USING (key)
           ORDER BY place"#,
        &keys,
        &steps,
        now,
        i64::from(burst),
    )
    .fetch_all(&store.pool)
    .await?;
    Ok(left)
}

/// Puts back what [`take`] took out of a budget.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn put_back(store: &Store, budget: &Budget) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE throttle_rates SET paid_until = paid_until - $2 WHERE key = $1",
        budget.key.as_slice(),
        micros(budget.bucket.interval),
    )
    .execute(&store.pool)
    .await?;
    Ok(())
}

/// What a failure was counted for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Counted {
    /// The name and the account.
    Both,
    /// The name only: the account has to wait.
    NameAlone,
    /// Neither: the name has to wait.
    Neither {
        /// How long until the next try is admitted.
        wait: Duration,
    },
}

/// Counts a try as failed before its result is known, for a name and, if that need not wait, for its account:
/// [`forgive`] takes that back. `delays[n - 1]` are the seconds that must pass after the n-th failure in a row, the
/// last one for all that follow; failures older than `memory` are forgotten. Each look-up costs the same whether the
/// account has to wait or not.
///
/// # Errors
/// [`StoreError`] where the database does not answer; nothing is counted then.
pub async fn fail(
    store: &Store,
    (name, account): (&Key, &Key),
    delays: &[i32],
    memory: Duration,
    now: Micros,
) -> Result<Counted, StoreError> {
    let waits = waits(delays);
    let forgotten = now - micros(memory);
    let mut tx = store.pool.begin().await?;
    if !fail_one(&mut tx, name, &waits, forgotten, now).await? {
        let next_at =
            sqlx::query_scalar!("SELECT next_at FROM throttle_failures WHERE key = $1", name.as_slice())
                .fetch_optional(&mut *tx)
                .await?;
        tx.rollback().await?;
        let wait = next_at.map_or(Duration::ZERO, |next_at| Duration::microseconds(next_at - now));
        return Ok(Counted::Neither { wait });
    }
    let both = fail_one(&mut tx, account, &waits, forgotten, now).await?;
    tx.commit().await?;
    Ok(if both { Counted::Both } else { Counted::NameAlone })
}

async fn fail_one(
    connection: &mut PgConnection,
    key: &Key,
    waits: &[Micros],
    forgotten: Micros,
    now: Micros,
) -> Result<bool, StoreError> {
    let admitted = sqlx::query!(
        "INSERT INTO throttle_failures AS streak (key, failures, last_at, next_at) VALUES ($1, 1, $2, $3)
         ON CONFLICT (key) DO UPDATE SET
             failures = CASE WHEN streak.last_at <= $4 THEN 1 ELSE streak.failures + 1 END,
             last_at = $2,
             next_at = $2 + ($5::bigint[])[least(
                 CASE WHEN streak.last_at <= $4 THEN 1 ELSE streak.failures + 1 END,
                 cardinality($5::bigint[]))]
         WHERE streak.next_at <= $2",
        key.as_slice(),
        now,
        now + waits.first().copied().unwrap_or_default(),
        forgotten,
        waits,
    )
    .execute(connection)
    .await?;
    Ok(admitted.rows_affected() == 1)
}

/// Forgets the failures of a key.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn forgive(store: &Store, key: &Key) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM throttle_failures WHERE key = $1", key.as_slice()).execute(&store.pool).await?;
    Ok(())
}

/// Takes back what [`fail`] counted at `at`: the next try is admitted as it was before.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn give_back(store: &Store, key: &Key, at: Micros) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE throttle_failures
         SET failures = failures - 1, next_at = CASE WHEN last_at = $2 THEN $2 ELSE next_at END
         WHERE key = $1 AND failures > 0",
        key.as_slice(),
        at,
    )
    .execute(&store.pool)
    .await?;
    Ok(())
}

/// Deletes up to `limit` rates that no longer count at `now`; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep_rates(store: &Store, now: Micros, limit: i64) -> Result<u64, StoreError> {
    let rates = sqlx::query!(
        "DELETE FROM throttle_rates WHERE key IN (
            SELECT key FROM throttle_rates WHERE paid_until <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(rates.rows_affected())
}

/// Deletes up to `limit` failures in a row that no longer count at `now`, the last of them before `last_before`; says how
/// many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep_failures(
    store: &Store,
    now: Micros,
    last_before: Micros,
    limit: i64,
) -> Result<u64, StoreError> {
    let failures = sqlx::query!(
        "DELETE FROM throttle_failures WHERE key IN (
            SELECT key FROM throttle_failures WHERE next_at <= $1 AND last_at <= $2
            LIMIT $3 FOR UPDATE SKIP LOCKED)",
        now,
        last_before,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(failures.rows_affected())
}

/// What [`fail`] adds to the time of a failure, for each number of them in a row.
#[must_use]
pub fn waits(delays: &[i32]) -> Vec<Micros> {
    let wait = |delay: &i32| if *delay == 0 { NO_WAIT } else { i64::from(*delay) * 1_000_000 };
    delays.iter().map(wait).collect()
}

/// A duration in microseconds.
#[must_use]
pub fn micros(duration: Duration) -> Micros {
    i64::try_from(duration.whole_microseconds()).unwrap_or(i64::MAX)
}
