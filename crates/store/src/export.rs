//! What is kept of one person, for their export: in pages, so that none of it has to fit into memory at once.

use crate::sessions::factors::{self, Proof};
use crate::sessions::kind;
use crate::{Store, StoreError};
use domain::{SessionKind, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

/// A session's row.
pub struct SessionRow {
    /// UUID v7.
    pub id: Uuid,
    /// What carries it; none for one of a newer server.
    pub kind: Option<SessionKind>,
    /// Whether its cookie outlives the browser.
    pub persistent: bool,
    /// What was proven in it, and when.
    pub factors: Vec<Proof>,
    /// When its owner signed in.
    pub authenticated_at: OffsetDateTime,
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// When it was last used.
    pub last_used_at: OffsetDateTime,
    /// When it ends, used or not.
    pub expires_at: OffsetDateTime,
    /// When it was ended.
    pub ended_at: Option<OffsetDateTime>,
    /// The client's address.
    pub address: String,
    /// The client's `User-Agent`.
    pub agent: String,
}

/// Up to `limit` sessions of an account, open and ended, those after an id.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sessions(
    store: &Store,
    user: UserId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<SessionRow>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT id, kind, persistent, factors::text AS "factors!", authenticated_at, created_at, last_used_at, expires_at,
                  ended_at, address, agent
           FROM sessions WHERE user_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3"#,
        user.0,
        after,
        limit
    );
    let rows = rows.map(|row| SessionRow {
        id: row.id,
        kind: kind(&row.kind),
        persistent: row.persistent,
        factors: factors::read(&row.factors, row.authenticated_at).unwrap_or_default(),
        authenticated_at: row.authenticated_at,
        created_at: row.created_at,
        last_used_at: row.last_used_at,
        expires_at: row.expires_at,
        ended_at: row.ended_at,
        address: row.address,
        agent: row.agent,
    });
    Ok(rows.fetch_all(&mut *store.reader().await?).await?)
}

/// When an account was last signed in to from its known network.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn networks(store: &Store, user: UserId) -> Result<Vec<OffsetDateTime>, StoreError> {
    let query = sqlx::query_scalar!("SELECT last_used_at FROM known_networks WHERE user_id = $1", user.0);
    Ok(query.fetch_all(&mut *store.reader().await?).await?)
}

/// The row of a link or a code that was mailed.
pub struct TokenRow {
    /// UUID v7.
    pub id: Uuid,
    /// What it is good for.
    pub purpose: String,
    /// Where its mail went.
    pub email: String,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When its mail was sent.
    pub sent_at: Option<OffsetDateTime>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// When it was used.
    pub used_at: Option<OffsetDateTime>,
}

/// Up to `limit` links and codes of an account, those after an id.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn tokens(
    store: &Store,
    user: UserId,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<TokenRow>, StoreError> {
    let rows = sqlx::query_as!(
        TokenRow,
        "SELECT id, purpose, email, created_at, sent_at, expires_at, used_at
         FROM one_time_tokens WHERE user_id = $1 AND ($2::uuid IS NULL OR id > $2) ORDER BY id LIMIT $3",
        user.0,
        after,
        limit
    );
    Ok(rows.fetch_all(&mut *store.reader().await?).await?)
}
