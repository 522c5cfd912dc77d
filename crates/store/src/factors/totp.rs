//! Authenticator apps.

use super::replaced_totp;
use crate::{Store, StoreError, Tx};
use domain::{SessionId, UserId};
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

/// The secret that an app and the account share. No `Debug`: it may come with the key that opens it.
pub struct SealedSecret {
    /// What it is encrypted for.
    pub id: Uuid,
    /// Which encryption key it has.
    pub key_id: String,
    /// The secret, encrypted.
    pub sealed: Vec<u8>,
}

/// When an app was set up, and last used.
#[derive(Debug, Clone, Copy)]
pub struct TotpTimes {
    /// When it was set up.
    pub added_at: OffsetDateTime,
    /// When a code of it was last used.
    pub last_used_at: OffsetDateTime,
}

/// Begins to set an app up in a session, and in no other; what was begun before is forgotten.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn begin(
    tx: &mut Tx,
    (user, session): (UserId, SessionId),
    secret: &SealedSecret,
    expires_at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO totp_enrolments (user_id, session_id, id, key_id, sealed, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id) DO UPDATE SET session_id = $2, id = $3, key_id = $4, sealed = $5, expires_at = $6",
        user.0,
        session.0,
        secret.id,
        secret.key_id,
        secret.sealed,
        expires_at,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// The secret of an app that is being set up in this session.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn begun(
    tx: &mut Tx,
    (user, session): (UserId, SessionId),
    now: OffsetDateTime,
) -> Result<Option<SealedSecret>, StoreError> {
    let query = sqlx::query_as!(
        SealedSecret,
        "SELECT id, key_id, sealed FROM totp_enrolments WHERE user_id = $1 AND session_id = $2 AND expires_at > $3",
        user.0,
        session.0,
        now
    );
    Ok(query.fetch_optional(tx.unchanging()).await?)
}

/// What is being set up in a session goes on in the one that takes its place.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn go_on(tx: &mut Tx, user: UserId, from: SessionId, to: SessionId) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE totp_enrolments SET session_id = $3 WHERE user_id = $1 AND session_id = $2",
        user.0,
        from.0,
        to.0,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// From now on this app counts, and no other; its codes up to `step` are used. One that it replaces is kept until
/// `kept_until`, to come back.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn confirm(
    tx: &mut Tx,
    user: UserId,
    secret: &SealedSecret,
    step: i64,
    (at, kept_until): (OffsetDateTime, OffsetDateTime),
) -> Result<(), StoreError> {
    replaced_totp::keep(tx, user, (at, kept_until)).await?;
    sqlx::query!("DELETE FROM totp_enrolments WHERE user_id = $1", user.0).execute(tx.unchanging()).await?;
    sqlx::query!(
        "INSERT INTO totp (user_id, id, key_id, sealed, last_step, added_at, last_used_at)
         VALUES ($1, $2, $3, $4, $5, $6, $6)
         ON CONFLICT (user_id) DO UPDATE
         SET id = $2, key_id = $3, sealed = $4, last_step = $5, added_at = $6, last_used_at = $6",
        user.0,
        secret.id,
        secret.key_id,
        secret.sealed,
        step,
        at,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// The secret of an account's app.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn secret(tx: &mut Tx, user: UserId) -> Result<Option<SealedSecret>, StoreError> {
    let query =
        sqlx::query_as!(SealedSecret, "SELECT id, key_id, sealed FROM totp WHERE user_id = $1", user.0);
    Ok(query.fetch_optional(tx.unchanging()).await?)
}

/// Which encryption key the secret of an account's app has.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn key_id(store: &Store, user: UserId) -> Result<Option<String>, StoreError> {
    key_id_by(&store.pool, user).await
}

/// The same within a transaction.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn key_id_in(tx: &mut Tx, user: UserId) -> Result<Option<String>, StoreError> {
    key_id_by(tx.unchanging(), user).await
}

async fn key_id_by(executor: impl PgExecutor<'_>, user: UserId) -> Result<Option<String>, StoreError> {
    let query = sqlx::query_scalar!("SELECT key_id FROM totp WHERE user_id = $1", user.0);
    Ok(query.fetch_optional(executor).await?)
}

/// Uses up a step of an account's app, with all before it; says whether none of them was used yet.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn use_step(
    tx: &mut Tx,
    user: UserId,
    app: Uuid,
    step: i64,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE totp SET last_step = $3, last_used_at = $4 WHERE user_id = $1 AND id = $2 AND last_step < $3",
        user.0,
        app,
        step,
        at,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Removes an account's app and one that is being set up; the first is kept until then, to come back. Says whether there was
/// one that counted.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn remove(
    tx: &mut Tx,
    user: UserId,
    (at, kept_until): (OffsetDateTime, OffsetDateTime),
) -> Result<bool, StoreError> {
    replaced_totp::keep(tx, user, (at, kept_until)).await?;
    delete(tx, user).await
}

/// Deletes an account's app and one that is being set up; says whether there was one that counted.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn delete(tx: &mut Tx, user: UserId) -> Result<bool, StoreError> {
    sqlx::query!("DELETE FROM totp_enrolments WHERE user_id = $1", user.0).execute(tx.unchanging()).await?;
    let done = sqlx::query!("DELETE FROM totp WHERE user_id = $1", user.0).execute(tx.unchanging()).await?;
    Ok(done.rows_affected() == 1)
}

/// The times of an account's app.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn times(store: &Store, user: UserId) -> Result<Option<TotpTimes>, StoreError> {
    times_by(&store.pool, user).await
}

/// The same within a transaction.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn times_in(tx: &mut Tx, user: UserId) -> Result<Option<TotpTimes>, StoreError> {
    times_by(tx.unchanging(), user).await
}

async fn times_by(executor: impl PgExecutor<'_>, user: UserId) -> Result<Option<TotpTimes>, StoreError> {
    let query =
        sqlx::query_as!(TotpTimes, "SELECT added_at, last_used_at FROM totp WHERE user_id = $1", user.0);
    Ok(query.fetch_optional(executor).await?)
}

/// Deletes up to `limit` apps that nobody finished to set up; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, now: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM totp_enrolments WHERE user_id IN (
            SELECT user_id FROM totp_enrolments WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}
