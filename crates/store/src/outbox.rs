//! Mails to be sent. Each is written in the transaction of what it tells of, and leased to one server at a time.

use crate::{Store, StoreError, Tx};
use domain::UserId;
use time::OffsetDateTime;
use uuid::Uuid;

/// A mail to be sent. No `Debug`: `sealed` says to whom.
pub struct NewMail<'a> {
    /// UUID v7, and the Message-ID.
    pub id: Uuid,
    /// Which mail.
    pub kind: &'a str,
    /// Which encryption key.
    pub key_id: &'a str,
    /// To whom and what about, encrypted.
    pub sealed: &'a [u8],
    /// The token that it carries, where that exists already.
    pub token: Option<Uuid>,
    /// Whose account it goes with, where it waits for days.
    pub user: Option<UserId>,
    /// When.
    pub at: OffsetDateTime,
    /// From when on it is not sent any more.
    pub expires_at: OffsetDateTime,
}

/// A mail whose turn it is.
pub struct DueMail {
    /// UUID v7, and the Message-ID.
    pub id: Uuid,
    /// Which mail.
    pub kind: String,
    /// Which encryption key.
    pub key_id: String,
    /// To whom and what about, encrypted.
    pub sealed: Vec<u8>,
    /// The token that it carries.
    pub token: Option<Uuid>,
    /// How often it was tried, this time included.
    pub attempts: i32,
    /// When it was written.
    pub created_at: OffsetDateTime,
    /// From when on it is not sent any more.
    pub expires_at: OffsetDateTime,
}

/// Writes a mail.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn insert(tx: &mut Tx, mail: &NewMail<'_>) -> Result<(), StoreError> {
    tx.mailing();
    sqlx::query!(
        "INSERT INTO outbox (id, kind, key_id, sealed, token_id, created_at, next_at, expires_at, user_id)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $7, $8)",
        mail.id,
        mail.kind,
        mail.key_id,
        mail.sealed,
        mail.token,
        mail.at,
        mail.expires_at,
        mail.user.map(|user| user.0),
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Takes the mail that is due for the longest time. Until `lease` no other server takes it; if this one dies, another
/// does then.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn claim(
    store: &Store,
    now: OffsetDateTime,
    lease: OffsetDateTime,
) -> Result<Option<DueMail>, StoreError> {
    let row = sqlx::query!(
        "UPDATE outbox SET attempts = attempts + 1, next_at = $2
         WHERE id = (SELECT id FROM outbox WHERE next_at <= $1 ORDER BY next_at LIMIT 1 FOR UPDATE SKIP LOCKED)
         RETURNING id, kind, key_id, sealed, token_id, attempts, created_at, expires_at",
        now,
        lease,
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(row.map(|row| DueMail {
        id: row.id,
        kind: row.kind,
        key_id: row.key_id,
        sealed: row.sealed,
        token: row.token_id,
        attempts: row.attempts,
        created_at: row.created_at,
        expires_at: row.expires_at,
    }))
}

/// Notes which token a mail carries: a repeat carries the same.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn set_token(tx: &mut Tx, id: Uuid, token: Option<Uuid>) -> Result<(), StoreError> {
    sqlx::query!("UPDATE outbox SET token_id = $2 WHERE id = $1", id, token).execute(tx.unchanging()).await?;
    Ok(())
}

/// Deletes a mail that was sent, or will never be.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn delete(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM outbox WHERE id = $1", id).execute(tx.unchanging()).await?;
    Ok(())
}

/// Deletes the mails that go with an account: what they tell of is over.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn withdraw(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM outbox WHERE user_id = $1", user.0).execute(tx.unchanging()).await?;
    Ok(())
}

/// Puts a mail off.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn put_off(store: &Store, id: Uuid, next_at: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!("UPDATE outbox SET next_at = $2 WHERE id = $1", id, next_at).execute(&store.pool).await?;
    Ok(())
}

/// How many mails wait, and when the oldest was written.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn backlog(store: &Store) -> Result<(i64, Option<OffsetDateTime>), StoreError> {
    let row = sqlx::query!(r#"SELECT count(*) AS "count!", min(created_at) AS oldest FROM outbox"#)
        .fetch_one(&store.pool)
        .await?;
    Ok((row.count, row.oldest))
}

/// Deletes up to `limit` mails whose time was over before; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, expired_before: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM outbox WHERE id IN (
            SELECT id FROM outbox WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        expired_before,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}
