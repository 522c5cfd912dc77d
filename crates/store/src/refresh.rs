//! Refresh tokens, each exchanged for the next. Those of one session are a family; only hashes are here.

use crate::sessions::{Row, Session};
use crate::{Store, StoreError, TokenHash, Tx};
use domain::SessionId;
use time::OffsetDateTime;

/// A refresh token that was issued.
#[derive(Debug)]
pub struct NewRefreshToken {
    /// What the token hashes to.
    pub hash: TokenHash,
    /// Its family.
    pub session: SessionId,
    /// When.
    pub issued_at: OffsetDateTime,
    /// When it ends, used or not.
    pub expires_at: OffsetDateTime,
}

/// What is known of a refresh token.
#[derive(Debug, Clone, Copy)]
pub struct RefreshToken {
    /// When it ends, used or not.
    pub expires_at: OffsetDateTime,
    /// When it was first exchanged.
    pub used_at: Option<OffsetDateTime>,
    /// Whether the token it was last exchanged for was exchanged itself.
    pub child_used: bool,
    /// When its parent was exchanged again instead of it.
    pub killed_at: Option<OffsetDateTime>,
}

/// Adds a token to its family.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn insert(tx: &mut Tx, token: &NewRefreshToken) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO refresh_tokens (hash, session_id, issued_at, expires_at) VALUES ($1, $2, $3, $4)",
        token.hash.bytes(),
        token.session.0,
        token.issued_at,
        token.expires_at,
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
    let row = sqlx::query_as!(
        Row,
        "SELECT s.id, s.user_id, s.kind, s.persistent, s.authenticated_at, s.last_used_at, s.expires_at,
                s.ended_at, u.email, u.name, u.first_name, u.last_name, u.role, u.is_active
         FROM refresh_tokens t JOIN sessions s ON s.id = t.session_id JOIN users u ON u.id = s.user_id
         WHERE t.hash = $1
         FOR NO KEY UPDATE OF s",
        hash.bytes()
    )
    .fetch_optional(tx.unchanging())
    .await?;
    Ok(row.map(Session::from))
}

/// The token of a hash. To be asked after [`lock_family`], in a statement of its own: one that waits
/// for a lock sees other rows as they were before it waited.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_hash(tx: &mut Tx, hash: &TokenHash) -> Result<Option<RefreshToken>, StoreError> {
    let token = sqlx::query_as!(
        RefreshToken,
        r#"SELECT t.expires_at, t.used_at, t.killed_at, c.used_at IS NOT NULL AS "child_used!"
           FROM refresh_tokens t LEFT JOIN refresh_tokens c ON c.hash = t.child
           WHERE t.hash = $1"#,
        hash.bytes()
    )
    .fetch_optional(tx.unchanging())
    .await?;
    Ok(token)
}

/// Exchanges a token for `child`, which is in the family already; a child it was exchanged for before
/// is killed.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn exchange(
    tx: &mut Tx,
    hash: &TokenHash,
    child: &TokenHash,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE refresh_tokens SET killed_at = $2
         WHERE hash = (SELECT child FROM refresh_tokens WHERE hash = $1)",
        hash.bytes(),
        at
    )
    .execute(tx.unchanging())
    .await?;
    sqlx::query!(
        "UPDATE refresh_tokens SET used_at = coalesce(used_at, $3), child = $2 WHERE hash = $1",
        hash.bytes(),
        child.bytes(),
        at
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Deletes up to `limit` tokens past their end, as [`crate::sessions::sweep`] does sessions; those of a
/// deleted session go with it. A used token stays until its end, since theft is known by it coming
/// again; after that it is refused for its age, whoever brings it. So a family holds no more than one
/// life of its tokens, which the limit on exchanges keeps finite.
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
