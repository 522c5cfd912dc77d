//! Accounts as admins find them, and the lock on all admins.

use crate::users::{User, query_user};
use crate::{Store, StoreError, Tx};
use domain::{Role, UserFilter, UserId};

/// Locks every active admin who can sign in, always in the same order, until the transaction ends, and returns those
/// who are still one once they are locked. Sign-ins that begin meanwhile wait for it. An imported account may have no
/// password: such an admin cannot sign in and does not count. Where `only_proven`, neither does one who has to prove their
/// address first.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock_active_admins(tx: &mut Tx, only_proven: bool) -> Result<Vec<UserId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM users WHERE role = 'admin' AND is_active AND password_hash IS NOT NULL
           AND (email_verified OR NOT $1)
         ORDER BY id FOR NO KEY UPDATE",
        only_proven
    )
    .fetch_all(tx.unchanging())
    .await?;
    Ok(ids.into_iter().map(UserId).collect())
}

/// The accounts that are asked for, the newest first, with one more than the page shows.
///
/// `strpos` searches for the term: it knows no wildcards, and a long term costs no more than a short one; LIKE took six
/// times as long.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn list(store: &Store, filter: &UserFilter) -> Result<Vec<User>, StoreError> {
    let query = query_user!(
        "SELECT ",
        "FROM users
         WHERE ($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR strpos(search, lower($3)) > 0)
           AND ($4::text IS NULL OR role = $4) AND ($5::boolean IS NULL OR is_active = $5)
         ORDER BY id DESC LIMIT $1",
        filter.span.rows_to_read(),
        filter.span.after,
        filter.term.as_deref(),
        filter.role.map(Role::as_str),
        filter.is_active,
    );
    Ok(query.fetch_all(&store.pool).await?)
}
