//! Authenticator apps that another one has replaced.

use crate::{Store, StoreError, Tx};
use domain::UserId;
use time::OffsetDateTime;

/// Keeps an account's app, which another is about to replace, until then.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn keep(tx: &mut Tx, user: UserId, expires_at: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO replaced_totp (id, user_id, key_id, sealed, last_step, added_at, last_used_at, expires_at)
         SELECT id, user_id, key_id, sealed, last_step, added_at, last_used_at, $2 FROM totp WHERE user_id = $1",
        user.0,
        expires_at,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Gives an account the newest app back that it had before `since`, in place of the one that it has, and forgets the
/// others; says whether there was one.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn restore(
    tx: &mut Tx,
    user: UserId,
    since: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE totp SET id = old.id, key_id = old.key_id, sealed = old.sealed, last_step = old.last_step,
                         added_at = old.added_at, last_used_at = old.last_used_at
         FROM (SELECT id, key_id, sealed, last_step, added_at, last_used_at FROM replaced_totp
               WHERE user_id = $1 AND added_at < $2 AND expires_at > $3 ORDER BY added_at DESC LIMIT 1) AS old
         WHERE totp.user_id = $1",
        user.0,
        since,
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
