//! Authenticator apps that another one has replaced, or that were removed.

use crate::{Store, StoreError, Tx};
use domain::UserId;
use time::OffsetDateTime;

/// How many are kept of an account: whoever sets some up pushes none of before out.
const MOST: i64 = 20;

/// Keeps an account's app, which is about to be replaced or removed.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn keep(
    tx: &mut Tx,
    user: UserId,
    (removed_at, expires_at): (OffsetDateTime, OffsetDateTime),
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO replaced_totp (id, user_id, key_id, sealed, last_step, added_at, last_used_at, removed_at, expires_at)
         SELECT id, user_id, key_id, sealed, last_step, added_at, last_used_at, $2, $3 FROM totp WHERE user_id = $1",
        user.0,
        removed_at,
        expires_at,
    )
    .execute(tx.unchanging())
    .await?;
    sqlx::query!(
        "DELETE FROM replaced_totp WHERE id IN (
            SELECT id FROM replaced_totp WHERE user_id = $1 ORDER BY added_at, id OFFSET $2)",
        user.0,
        MOST,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Gives an account without an app the one back that it had at `at`, and forgets the others; says whether there was one.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn restore(
    tx: &mut Tx,
    user: UserId,
    at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT INTO totp (user_id, id, key_id, sealed, last_step, added_at, last_used_at)
         SELECT user_id, id, key_id, sealed, last_step, added_at, last_used_at FROM replaced_totp
         WHERE user_id = $1 AND added_at < $2 AND removed_at >= $2 AND expires_at > $3 ORDER BY added_at DESC LIMIT 1",
        user.0,
        at,
        now,
    )
    .execute(tx.unchanging())
    .await?;
    forget(tx, user).await?;
    Ok(done.rows_affected() == 1)
}

/// Forgets all of an account.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn forget(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM replaced_totp WHERE user_id = $1", user.0).execute(tx.unchanging()).await?;
    Ok(())
}

/// Deletes up to `limit` that can no longer come back; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, now: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM replaced_totp WHERE id IN (
            SELECT id FROM replaced_totp WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}
