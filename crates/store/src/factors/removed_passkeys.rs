//! Passkeys that were removed.

use super::passkeys::Named;
use crate::{Store, StoreError, Tx};
use domain::{PasskeyId, UserId};
use time::OffsetDateTime;

/// How many are kept of an account: whoever adds and removes some pushes none of before out.
const MOST: i64 = 20;

/// Removes a passkey of an account, and keeps it; says what it was called, if it was there.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn keep(
    tx: &mut Tx,
    user: UserId,
    passkey: PasskeyId,
    (removed_at, expires_at): (OffsetDateTime, OffsetDateTime),
) -> Result<Option<String>, StoreError> {
    let removed = sqlx::query_scalar!(
        "WITH removed AS (
             DELETE FROM passkeys WHERE user_id = $1 AND id = $2
             RETURNING id, user_id, credential_id, algorithm, public_key, counter, backup_eligible, backed_up,
                       aaguid, transports, name, rp_id, added_at, last_used_at)
         INSERT INTO removed_passkeys (id, user_id, credential_id, algorithm, public_key, counter, backup_eligible, backed_up,
                                       aaguid, transports, name, rp_id, added_at, last_used_at, removed_at, expires_at)
         SELECT id, user_id, credential_id, algorithm, public_key, counter, backup_eligible, backed_up,
                aaguid, transports, name, rp_id, added_at, last_used_at, $3, $4 FROM removed
         RETURNING name",
        user.0,
        passkey.0,
        removed_at,
        expires_at,
    );
    let removed = removed.fetch_optional(tx.unchanging()).await?;
    sqlx::query!(
        "DELETE FROM removed_passkeys WHERE id IN (
            SELECT id FROM removed_passkeys WHERE user_id = $1 ORDER BY added_at, id OFFSET $2)",
        user.0,
        MOST,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(removed)
}

/// Whether somebody else's removed passkey has this name, and may come back.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn is_of_another(
    tx: &mut Tx,
    user: UserId,
    credential_id: &[u8],
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT FROM removed_passkeys WHERE credential_id = $2 AND user_id <> $1 AND expires_at > $3) AS "is!""#,
        user.0,
        credential_id,
        now,
    );
    Ok(query.fetch_one(tx.unchanging()).await?)
}

/// Gives an account those back that it had at `at`, and forgets the others. None of them signs in without anything else.
/// Says which.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn restore(
    tx: &mut Tx,
    user: UserId,
    at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Vec<Named>, StoreError> {
    let query = sqlx::query!(
        "INSERT INTO passkeys (id, user_id, credential_id, algorithm, public_key, counter, backup_eligible, backed_up,
                               aaguid, transports, name, rp_id, added_at, last_used_at, alone)
         SELECT id, user_id, credential_id, algorithm, public_key, counter, backup_eligible, backed_up,
                aaguid, transports, name, rp_id, added_at, last_used_at, false FROM removed_passkeys
         WHERE user_id = $1 AND added_at < $2 AND removed_at >= $2 AND expires_at > $3
         ON CONFLICT (credential_id) DO NOTHING RETURNING id, name",
        user.0,
        at,
        now,
    );
    let query = query.map(|row| Named { id: PasskeyId(row.id), name: row.name });
    let restored = query.fetch_all(tx.unchanging()).await?;
    forget(tx, user).await?;
    Ok(restored)
}

/// Forgets all of an account.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn forget(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM removed_passkeys WHERE user_id = $1", user.0).execute(tx.unchanging()).await?;
    Ok(())
}

/// Deletes up to `limit` that can no longer come back; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, now: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM removed_passkeys WHERE id IN (
            SELECT id FROM removed_passkeys WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}
