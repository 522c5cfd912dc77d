//! The lock on all admins.

use crate::{StoreError, Tx};
use domain::UserId;

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
