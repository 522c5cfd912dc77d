//! Sessions as their owner sees and ends them.

use crate::sessions::{Session, kind};
use crate::users::role;
use crate::{Store, StoreError, Tx};
use domain::{SessionId, UserId};
use time::OffsetDateTime;

/// A session, and when and where it began.
#[derive(Debug)]
pub struct SessionDetails {
    /// The session.
    pub session: Session,
    /// When it began.
    pub created_at: OffsetDateTime,
    /// The client's address at the sign-in.
    pub address: String,
    /// The client's `User-Agent` at the sign-in.
    pub agent: String,
}

/// Up to `limit` sessions of an account that nobody ended, the last used first. Whether they still live is
/// for the policy to say.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn list(store: &Store, user: UserId, limit: i64) -> Result<Vec<SessionDetails>, StoreError> {
    let rows = sqlx::query!(
        "SELECT s.id, s.kind, s.persistent, s.authenticated_at, s.created_at, s.last_used_at, s.expires_at,
                s.address, s.agent, u.email, u.name, u.first_name, u.last_name, u.role, u.is_active
         FROM sessions s JOIN users u ON u.id = s.user_id
         WHERE s.user_id = $1 AND s.ended_at IS NULL
         ORDER BY s.last_used_at DESC, s.id DESC LIMIT $2",
        user.0,
        limit
    )
    .fetch_all(&store.pool)
    .await?;
    let sessions = rows.into_iter().filter_map(|row| {
        Some(SessionDetails {
            session: Session {
                id: SessionId(row.id),
                user,
                kind: kind(&row.kind)?,
                persistent: row.persistent,
                authenticated_at: row.authenticated_at,
                last_used_at: row.last_used_at,
                expires_at: row.expires_at,
                ended_at: None,
                email: row.email,
                name: row.name,
                first_name: row.first_name,
                last_name: row.last_name,
                role: role(&row.role),
                is_active: row.is_active,
            },
            created_at: row.created_at,
            address: row.address,
            agent: row.agent,
        })
    });
    Ok(sessions.collect())
}

/// Ends a session if it is this account's; says whether it was, and was alive.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn end(tx: &mut Tx, user: UserId, id: SessionId, at: OffsetDateTime) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE sessions SET ended_at = $3 WHERE id = $2 AND user_id = $1 AND ended_at IS NULL",
        user.0,
        id.0,
        at
    )
    .execute(tx.changing())
    .await?;
    Ok(done.rows_affected() == 1)
}
