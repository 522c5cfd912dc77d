//! Refresh tokens, each exchanged for the next. Those of one session are a family; only hashes are here.

use crate::sessions::{Session, query_sessions};
use crate::{Store, StoreError, TokenHash, Tx};
use domain::SessionId;
use std::fmt;
use time::OffsetDateTime;

/// A refresh token that was issued. No `Debug`: it may hold a salt.
pub struct NewRefreshToken {
    /// What the token hashes to.
    pub hash: TokenHash,
    /// Its family.
    pub session: SessionId,
    /// When.
    pub issued_at: OffsetDateTime,
    /// When it ends, used or not.
    pub expires_at: OffsetDateTime,
    /// The salt that made it from its parent's token; none for the first of a family.
    pub salt: Option<Salt>,
}

/// Makes one token from another: it takes the token and this.
pub type Salt = [u8; 32];

/// What is known of a refresh token.
#[derive(Clone, Copy)]
pub struct RefreshToken {
    /// When it ends, used or not.
    pub expires_at: OffsetDateTime,
    /// When it was exchanged.
    pub used_at: Option<OffsetDateTime>,
    /// The salt of the token that it was exchanged for, while that one is unused.
    pub next: Option<Salt>,
}

/// `Debug` shows no salt, so no log does.
impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { expires_at, used_at, next } = self;
        let next = &next.map(|_| "…");
        f.debug_struct("RefreshToken")
            .field("expires_at", expires_at)
            .field("used_at", used_at)
            .field("next", next)
            .finish()
    }
}

/// Adds a token to its family.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn insert(tx: &mut Tx, token: &NewRefreshToken) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at, salt) VALUES ($1, $2, $3, $4, $5)",
        token.hash.bytes(),
        token.session.0,
        token.issued_at,
        token.expires_at,
        token.salt.as_ref().map(<[u8; 32]>::as_slice),
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// The session whose family a token is of, its row locked until the transaction ends: the exchanges of
/// a family take turns, and each sees all of what those before it did. A lock on the token alone would
/// not do: its child may be exchanged in the meantime.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock_family(tx: &mut Tx, hash: &TokenHash) -> Result<Option<Session>, StoreError> {
    let query = query_sessions!(
        "JOIN refresh_tokens t ON t.session_id = s.id WHERE t.hash = $1 FOR NO KEY UPDATE OF s",
        hash.bytes()
    );
    Ok(query.fetch_optional(tx.unchanging()).await?.flatten().map(|found| found.session))
}

/// The token of a hash. To be asked after [`lock_family`], in a statement of its own: one that waits
/// for a lock sees other rows as they were before it waited. What a server of before 2026-11-27 replaced
/// (`killed_at`) counts as used.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_hash(tx: &mut Tx, hash: &TokenHash) -> Result<Option<RefreshToken>, StoreError> {
    let row = sqlx::query!(
        "SELECT t.expires_at, coalesce(t.used_at, t.killed_at) AS used_at, c.salt AS \"next?\"
         FROM refresh_tokens t LEFT JOIN refresh_tokens c ON c.hash = t.child
         WHERE t.hash = $1",
        hash.bytes()
    )
    .fetch_optional(tx.unchanging())
    .await?;
    Ok(row.map(|row| RefreshToken {
        expires_at: row.expires_at,
        used_at: row.used_at,
        next: row.next.and_then(|salt| salt.try_into().ok()),
    }))
}

/// Exchanges a token for `child`, which joins its family, and deletes its own salt: nobody needs that again. Its session is
/// used with that. Says whether it was unused; if not, the transaction may not be committed.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn exchange(
    tx: &mut Tx,
    hash: &TokenHash,
    child: &NewRefreshToken,
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "WITH child AS (
            INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at, salt) VALUES ($1, $2, $3, $4, $5)),
         used AS (UPDATE sessions SET last_used_at = $3 WHERE id = $2)
         UPDATE refresh_tokens SET used_at = $6, child = $1, salt = NULL WHERE hash = $7 AND used_at IS NULL",
        child.hash.bytes(),
        child.session.0,
        child.issued_at,
        child.expires_at,
        child.salt.as_ref().map(<[u8; 32]>::as_slice),
        at,
        hash.bytes(),
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Deletes up to `limit` tokens past their end, as [`crate::sessions::sweep`] does sessions; those of a deleted session
/// go with it. A used token stays until its end, since its return reveals a theft; after that it is refused for its
/// age, whoever brings it. So a family holds no more than one life of its tokens, which the limit on exchanges keeps
/// finite.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, now: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM refresh_tokens WHERE hash IN (
            SELECT hash FROM refresh_tokens WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}
