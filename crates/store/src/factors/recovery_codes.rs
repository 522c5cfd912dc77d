//! Recovery codes, of which only hashes are here.

use crate::{Store, StoreError, Tx};
use domain::UserId;
use time::OffsetDateTime;

/// What a recovery code is stored as.
pub type CodeHash = [u8; 32];

/// Gives an account these codes and no others.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn replace(
    tx: &mut Tx,
    user: UserId,
    codes: &[CodeHash],
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    delete(tx, user).await?;
    let codes: Vec<Vec<u8>> = codes.iter().map(|code| code.to_vec()).collect();
    sqlx::query!(
        "INSERT INTO recovery_codes (user_id, code_hash, made_at) SELECT $1, unnest($2::bytea[]), $3",
        user.0,
        &codes,
        at,
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
