//! Recovery codes, of which only hashes are here.

use crate::{Store, StoreError, Tx};
use domain::UserId;
use time::OffsetDateTime;

/// What a recovery code is stored as.
pub type CodeHash = [u8; 32];

/// Gives an account these codes and no others; `seen_at` is when its owner saw them, if they have.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn replace(
    tx: &mut Tx,
    user: UserId,
    codes: &[CodeHash],
    at: OffsetDateTime,
    seen_at: Option<OffsetDateTime>,
) -> Result<(), StoreError> {
    delete(tx, user).await?;
    let codes: Vec<Vec<u8>> = codes.iter().map(|code| code.to_vec()).collect();
    sqlx::query!(
        "INSERT INTO recovery_codes (user_id, code_hash, made_at, seen_at) SELECT $1, unnest($2::bytea[]), $3, $4",
        user.0,
        &codes,
        at,
        seen_at,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Uses a code up; says whether there was such a one.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn use_up(tx: &mut Tx, user: UserId, code: &CodeHash) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM recovery_codes WHERE user_id = $1 AND code_hash = $2",
        user.0,
        code.as_slice()
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes all codes of an account.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn delete(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM recovery_codes WHERE user_id = $1", user.0).execute(tx.unchanging()).await?;
    Ok(())
}

/// How many are kept of an account: whoever sets factors up and removes them pushes none of before out.
const MOST: i64 = 200;

/// Takes all codes of an account out of use, and keeps them until then, to come back.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn keep(
    tx: &mut Tx,
    user: UserId,
    (removed_at, expires_at): (OffsetDateTime, OffsetDateTime),
) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH removed AS (
             DELETE FROM recovery_codes WHERE user_id = $1 RETURNING user_id, code_hash, made_at, seen_at)
         INSERT INTO removed_recovery_codes (user_id, code_hash, made_at, seen_at, removed_at, expires_at)
         SELECT user_id, code_hash, made_at, seen_at, $2, $3 FROM removed",
        user.0,
        removed_at,
        expires_at,
    )
    .execute(tx.unchanging())
    .await?;
    sqlx::query!(
        "DELETE FROM removed_recovery_codes WHERE user_id = $1 AND code_hash IN (
            SELECT code_hash FROM removed_recovery_codes WHERE user_id = $1 ORDER BY made_at, code_hash OFFSET $2)",
        user.0,
        MOST,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Gives an account those back that it had at `at`, and forgets the others.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn restore(
    tx: &mut Tx,
    user: UserId,
    at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO recovery_codes (user_id, code_hash, made_at, seen_at)
         SELECT user_id, code_hash, made_at, seen_at FROM removed_recovery_codes
         WHERE user_id = $1 AND made_at < $2 AND removed_at >= $2 AND expires_at > $3",
        user.0,
        at,
        now,
    )
    .execute(tx.unchanging())
    .await?;
    forget(tx, user).await
}

/// Forgets all of an account that were kept.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn forget(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM removed_recovery_codes WHERE user_id = $1", user.0)
        .execute(tx.unchanging())
        .await?;
    Ok(())
}

/// Deletes up to `limit` that can no longer come back; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, now: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM removed_recovery_codes WHERE (user_id, code_hash) IN (
            SELECT user_id, code_hash FROM removed_recovery_codes WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}

/// Deletes the codes of an account that were made since then.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn delete_since(tx: &mut Tx, user: UserId, since: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM recovery_codes WHERE user_id = $1 AND made_at >= $2", user.0, since)
        .execute(tx.unchanging())
        .await?;
    Ok(())
}

/// These codes of an account were seen; says how many of them there are still.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn saw(
    store: &Store,
    user: UserId,
    codes: &[CodeHash],
    at: OffsetDateTime,
) -> Result<u64, StoreError> {
    let codes: Vec<Vec<u8>> = codes.iter().map(|code| code.to_vec()).collect();
    let done = sqlx::query!(
        "UPDATE recovery_codes SET seen_at = coalesce(seen_at, $3) WHERE user_id = $1 AND code_hash = ANY($2)",
        user.0,
        &codes,
        at,
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}

/// Whether an account has codes that nobody has seen yet.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn has_unseen(store: &Store, user: UserId) -> Result<bool, StoreError> {
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM recovery_codes WHERE user_id = $1 AND seen_at IS NULL) AS "unseen!""#,
        user.0
    );
    Ok(query.fetch_one(&store.pool).await?)
}

/// How many codes an account has.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn count(store: &Store, user: UserId) -> Result<i64, StoreError> {
    let query =
        sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM recovery_codes WHERE user_id = $1"#, user.0);
    Ok(query.fetch_one(&store.pool).await?)
}

/// The same within a transaction.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn count_in(tx: &mut Tx, user: UserId) -> Result<i64, StoreError> {
    let query =
        sqlx::query_scalar!(r#"SELECT count(*) AS "count!" FROM recovery_codes WHERE user_id = $1"#, user.0);
    Ok(query.fetch_one(tx.unchanging()).await?)
}
