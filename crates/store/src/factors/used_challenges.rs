//! The challenges of passkeys that were answered.

use crate::{Store, StoreError, Tx};
use time::OffsetDateTime;

/// Uses a challenge up; says whether nobody has before.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn use_up(tx: &mut Tx, nonce: &[u8; 16], expires_at: OffsetDateTime) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT INTO used_challenges (nonce, expires_at) VALUES ($1, $2) ON CONFLICT (nonce) DO NOTHING",
        nonce.as_slice(),
        expires_at
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes up to `limit` challenges that are refused by their time alone; says how many. Call again while the limit is
/// reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, now: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM used_challenges WHERE nonce IN (
            SELECT nonce FROM used_challenges WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}
