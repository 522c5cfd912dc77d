//! Known networks: the network of an account's last sign-in, as a keyed hash.

use crate::throttle::Key;
use crate::{Store, StoreError, Tx};
use domain::UserId;
use time::OffsetDateTime;

/// Stores the network of an account's sign-in.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn remember(
    tx: &mut Tx,
    network: &Key,
    user: UserId,
    now: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO known_networks (user_id, network, last_used_at) VALUES ($1, $2, $3)
         ON CONFLICT (user_id) DO UPDATE SET network = $2, last_used_at = $3",
        user.0,
        network.as_slice(),
        now,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Whether a network is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KnownNetwork {
    /// The given account was last signed in to from there.
    pub own: bool,
    /// Some account was.
    pub anybodys: bool,
}

/// Whether an account, or any, was last signed in to from a network.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn look_up(store: &Store, network: &Key, user: UserId) -> Result<KnownNetwork, StoreError> {
    let of = sqlx::query_as!(
        KnownNetwork,
        r#"SELECT EXISTS (SELECT FROM known_networks WHERE user_id = $1 AND network = $2) AS "own!",
                  EXISTS (SELECT FROM known_networks WHERE network = $2) AS "anybodys!""#,
        user.0,
        network.as_slice(),
    )
    .fetch_one(&store.pool)
    .await?;
    Ok(of)
}

/// Deletes up to `limit` networks that were last used before; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, used_before: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let networks = sqlx::query!(
        "DELETE FROM known_networks WHERE user_id IN (
            SELECT user_id FROM known_networks WHERE last_used_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        used_before,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(networks.rows_affected())
}
