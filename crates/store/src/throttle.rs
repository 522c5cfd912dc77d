//! Counting what is tried: one statement a count, so that two replicas never admit one too many (P14).

use crate::{Store, StoreError, Tx};
use domain::UserId;
use sqlx::postgres::types::PgInterval;
use time::{Duration, OffsetDateTime};

/// What a count is kept under.
pub type Key = [u8; 32];

/// A bucket that holds `burst` tries and gets one back every `interval`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bucket {
    /// How many tries at once.
    pub burst: i32,
    /// How long until the next one.
    pub interval: Duration,
}

/// Takes one try out of a bucket; says when the next one may be taken if it is empty.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn take(
    store: &Store,
    key: &Key,
    bucket: Bucket,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, StoreError> {
    let whole = bucket.interval * bucket.burst;
    let admitted = sqlx::query!(
        "INSERT INTO throttle_buckets AS bucket (key, paid_until) VALUES ($1, $2::timestamptz + $3)
         ON CONFLICT (key) DO UPDATE SET paid_until = greatest(bucket.paid_until, $2) + $3
         WHERE greatest(bucket.paid_until, $2) + $3 <= $2 + $4",
        key.as_slice(),
        now,
        interval(bucket.interval),
        interval(whole),
    )
    .execute(&store.pool)
    .await?;
    if admitted.rows_affected() == 1 {
        return Ok(None);
    }
    let paid_until =
        sqlx::query_scalar!("SELECT paid_until FROM throttle_buckets WHERE key = $1", key.as_slice())
            .fetch_optional(&store.pool)
            .await?;
    // Gone in the meantime: the next try is as good as any.
    Ok(Some(paid_until.map_or(now, |paid| paid + bucket.interval - whole)))
}

/// Puts back into a bucket what [`take`] took out.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn put_back(store: &Store, key: &Key, bucket: Bucket) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE throttle_buckets SET paid_until = paid_until - $2::interval WHERE key = $1",
        key.as_slice(),
        interval(bucket.interval),
    )
    .execute(&store.pool)
    .await?;
    Ok(())
}

/// Counts a try as failed before it is known to be: [`forgive`] takes that back. `delays[n - 1]` are the
/// seconds that must pass after the n-th failure in a row, the last one for all that follow; failures
/// older than `memory` are forgotten. Says when the next try is admitted if this one is not.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn fail(
    store: &Store,
    key: &Key,
    delays: &[i32],
    memory: Duration,
    now: OffsetDateTime,
) -> Result<Option<OffsetDateTime>, StoreError> {
    let admitted = sqlx::query!(
        "INSERT INTO throttle_streaks AS streak (key, failures, last_at, next_at)
         VALUES ($1, 1, $2, $2::timestamptz + make_interval(secs => ($3::int[])[1]))
         ON CONFLICT (key) DO UPDATE SET (failures, last_at, next_at) = (
             SELECT n, $2, $2 + make_interval(secs => ($3::int[])[least(n, cardinality($3::int[]))])
             FROM (SELECT CASE WHEN streak.last_at + $4 <= $2 THEN 1 ELSE streak.failures + 1 END) AS next (n))
         WHERE streak.next_at <= $2",
        key.as_slice(),
        now,
        delays,
        interval(memory),
    )
    .execute(&store.pool)
    .await?;
    if admitted.rows_affected() == 1 {
        return Ok(None);
    }
    let next_at = sqlx::query_scalar!("SELECT next_at FROM throttle_streaks WHERE key = $1", key.as_slice())
        .fetch_optional(&store.pool)
        .await?;
    Ok(Some(next_at.unwrap_or(now)))
}

/// Forgets the failures of a key.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn forgive(store: &Store, key: &Key) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM throttle_streaks WHERE key = $1", key.as_slice()).execute(&store.pool).await?;
    Ok(())
}

/// Takes back what [`fail`] counted at `at`: the next try is admitted as it was before.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn give_back(store: &Store, key: &Key, at: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE throttle_streaks
         SET failures = failures - 1, next_at = CASE WHEN last_at = $2 THEN $2 ELSE next_at END
         WHERE key = $1 AND failures > 0",
        key.as_slice(),
        at,
    )
    .execute(&store.pool)
    .await?;
    Ok(())
}

/// Notes that an account was signed in to from a browser.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn remember_device(
    tx: &mut Tx,
    token_hash: &Key,
    user: UserId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO known_devices (token_hash, user_id, last_used_at) VALUES ($1, $2, $3)
         ON CONFLICT (token_hash, user_id) DO UPDATE SET last_used_at = $3",
        token_hash.as_slice(),
        user.0,
        now,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Whether an account was signed in to from a browser before.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn is_known_device(store: &Store, token_hash: &Key, user: UserId) -> Result<bool, StoreError> {
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM known_devices WHERE token_hash = $1 AND user_id = $2) AS "known!""#,
        token_hash.as_slice(),
        user.0,
    )
    .fetch_one(&store.pool)
    .await?;
    Ok(known)
}

/// Forgets every browser of an account but the one of this token.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn forget_devices(tx: &mut Tx, user: UserId, but: Option<&Key>) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM known_devices WHERE user_id = $1 AND token_hash IS DISTINCT FROM $2",
        user.0,
        but.map(Key::as_slice),
    )
    .execute(tx.changing())
    .await?;
    Ok(())
}

/// Deletes up to `limit` counts of each kind that no longer count, and devices not used since `devices_before`;
/// says how many of the most frequent kind. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(
    store: &Store,
    now: OffsetDateTime,
    streaks_before: OffsetDateTime,
    devices_before: OffsetDateTime,
    limit: i64,
) -> Result<u64, StoreError> {
    let buckets = sqlx::query!(
        "DELETE FROM throttle_buckets WHERE key IN (
            SELECT key FROM throttle_buckets WHERE paid_until <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    let streaks = sqlx::query!(
        "DELETE FROM throttle_streaks WHERE key IN (
            SELECT key FROM throttle_streaks WHERE next_at <= $1 AND last_at <= $2
            LIMIT $3 FOR UPDATE SKIP LOCKED)",
        now,
        streaks_before,
        limit
    )
    .execute(&store.pool)
    .await?;
    let devices = sqlx::query!(
        "DELETE FROM known_devices WHERE (token_hash, user_id) IN (
            SELECT token_hash, user_id FROM known_devices WHERE last_used_at <= $1
            LIMIT $2 FOR UPDATE SKIP LOCKED)",
        devices_before,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok([buckets, streaks, devices].map(|done| done.rows_affected()).into_iter().max().unwrap_or(0))
}

fn interval(duration: Duration) -> PgInterval {
    let microseconds = i64::try_from(duration.whole_microseconds()).unwrap_or(i64::MAX);
    PgInterval { months: 0, days: 0, microseconds }
}
