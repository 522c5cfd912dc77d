//! Known devices: browsers and programs that have signed in to an account before.

use crate::throttle::Key;
use crate::{Store, StoreError, Tx};
use domain::{DeviceId, UserId};
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

/// A known device of an account.
#[derive(Debug)]
pub struct KnownDevice {
    /// What its token is stored as.
    pub token_hash: Vec<u8>,
    /// Its `User-Agent` at the last sign-in; none where an older server wrote the row.
    pub agent: Option<String>,
    /// When it last signed in.
    pub last_used_at: OffsetDateTime,
    /// Until when the password alone signs in from it.
    pub trusted_until: Option<OffsetDateTime>,
}

impl KnownDevice {
    /// Names it to its owner.
    #[must_use]
    pub fn id(&self) -> DeviceId {
        DeviceId(self.token_hash.first_chunk().copied().map_or_else(Uuid::nil, Uuid::from_bytes))
    }
}

/// Stores that an account was signed in to from a device, and keeps the `most` that were used last. Each call deletes a
/// bounded number of the others.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn remember(
    tx: &mut Tx,
    token_hash: &Key,
    user: UserId,
    agent: &str,
    now: OffsetDateTime,
    most: i64,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO known_devices (token_hash, user_id, last_used_at, agent) VALUES ($1, $2, $3, $4)
         ON CONFLICT (token_hash, user_id) DO UPDATE SET last_used_at = $3, agent = $4",
        token_hash.as_slice(),
        user.0,
        now,
        agent,
    )
    .execute(tx.unchanging())
    .await?;
    sqlx::query!(
        "DELETE FROM known_devices WHERE user_id = $1 AND token_hash IN (
            SELECT token_hash FROM known_devices WHERE user_id = $1
            ORDER BY token_hash = $2 DESC, last_used_at DESC OFFSET $3 LIMIT 100)",
        user.0,
        token_hash.as_slice(),
        most,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Whether an account was signed in to from a device before.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn is_known(store: &Store, token_hash: &Key, user: UserId) -> Result<bool, StoreError> {
    knows(&store.pool, token_hash, user).await
}

/// The same, within a transaction.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn is_known_in(tx: &mut Tx, token_hash: &Key, user: UserId) -> Result<bool, StoreError> {
    knows(tx.unchanging(), token_hash, user).await
}

async fn knows(executor: impl PgExecutor<'_>, token_hash: &Key, user: UserId) -> Result<bool, StoreError> {
    let known = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM known_devices WHERE token_hash = $1 AND user_id = $2) AS "known!""#,
        token_hash.as_slice(),
        user.0,
    )
    .fetch_one(executor)
    .await?;
    Ok(known)
}

/// The account that was signed in to from a device: a sign-in to another makes a token of its own.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn owner(store: &Store, token_hash: &Key) -> Result<Option<UserId>, StoreError> {
    let query = sqlx::query_scalar!(
        "SELECT user_id FROM known_devices WHERE token_hash = $1 ORDER BY last_used_at DESC LIMIT 1",
        token_hash.as_slice()
    );
    Ok(query.fetch_optional(&store.pool).await?.map(UserId))
}

/// The devices of an account, the last used first.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn list(store: &Store, user: UserId) -> Result<Vec<KnownDevice>, StoreError> {
    let query = sqlx::query_as!(
        KnownDevice,
        "SELECT token_hash, agent, last_used_at, trusted_until FROM known_devices WHERE user_id = $1
         ORDER BY last_used_at DESC, token_hash",
        user.0
    );
    Ok(query.fetch_all(&store.pool).await?)
}

/// Deletes a device if it is this account's; says whether it was.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn forget(tx: &mut Tx, user: UserId, id: DeviceId) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM known_devices WHERE user_id = $1 AND substring(token_hash FROM 1 FOR 16) = $2",
        user.0,
        id.0.as_bytes().as_slice(),
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected() > 0)
}

/// Deletes the device of a token, if it is this account's.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn forget_token(tx: &mut Tx, token_hash: &Key, user: UserId) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM known_devices WHERE user_id = $1 AND token_hash = $2",
        user.0,
        token_hash.as_slice(),
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Deletes every device of an account but that of this token.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn forget_all_but(tx: &mut Tx, user: UserId, kept: Option<&Key>) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM known_devices WHERE user_id = $1 AND token_hash IS DISTINCT FROM $2",
        user.0,
        kept.map(Key::as_slice),
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Has the password alone sign in from a known device until then.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn trust(
    tx: &mut Tx,
    token_hash: &Key,
    user: UserId,
    until: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE known_devices SET trusted_until = $3 WHERE token_hash = $1 AND user_id = $2",
        token_hash.as_slice(),
        user.0,
        until,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Whether the password alone signs in to an account from a device now.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn is_trusted(
    tx: &mut Tx,
    token_hash: &Key,
    user: UserId,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let query = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM known_devices
            WHERE token_hash = $1 AND user_id = $2 AND trusted_until > $3) AS "trusted!""#,
        token_hash.as_slice(),
        user.0,
        now,
    );
    Ok(query.fetch_one(tx.unchanging()).await?)
}

/// Trusts none of an account's devices any more; they stay known.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn end_trust(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE known_devices SET trusted_until = NULL WHERE user_id = $1 AND trusted_until IS NOT NULL",
        user.0
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Deletes up to `limit` devices that were last used before; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, used_before: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let devices = sqlx::query!(
        "DELETE FROM known_devices WHERE (token_hash, user_id) IN (
            SELECT token_hash, user_id FROM known_devices WHERE last_used_at <= $1
            LIMIT $2 FOR UPDATE SKIP LOCKED)",
        used_before,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(devices.rows_affected())
}
