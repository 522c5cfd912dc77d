//! Listing sessions, for their owner.

use crate::sessions::{Session, query_sessions};
use crate::{Store, StoreError, Tx};
use domain::UserId;

/// Up to `limit` sessions of an account that were not ended, the last used first. The policy says whether they are
/// still alive.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn list(store: &Store, user: UserId, limit: i64) -> Result<Vec<Session>, StoreError> {
    let query = query_sessions!(
        "WHERE s.user_id = $1 AND s.ended_at IS NULL ORDER BY s.last_used_at DESC, s.id DESC LIMIT $2",
        user.0,
        limit
    );
    let found = query.fetch_all(&store.pool).await?;
    Ok(found.into_iter().flatten().map(|found| found.session).collect())
}

/// Whether an account has a session, open or ended.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn has_any(tx: &mut Tx, user: UserId) -> Result<bool, StoreError> {
    let any =
        sqlx::query_scalar!(r#"SELECT EXISTS (SELECT FROM sessions WHERE user_id = $1) AS "any!""#, user.0)
            .fetch_one(tx.unchanging())
            .await?;
    Ok(any)
}
