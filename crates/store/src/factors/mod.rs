//! Second factors: which an account has, passkeys, authenticator apps, recovery codes, and sign-ins that wait for one.

pub mod passkeys;
pub mod recovery_codes;
pub mod removed_passkeys;
pub mod replaced_totp;
pub mod totp;
pub mod used_challenges;

use crate::{Store, StoreError, Tx};
use domain::{Factor, UserId};
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

/// The second factors of an account.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn enrolled(store: &Store, user: UserId) -> Result<Vec<Factor>, StoreError> {
    second_factors(&store.pool, user).await
}

/// The same within a transaction. To be asked once the account is locked, in this statement of its own: one that waits
/// for a lock sees other rows as they were before it waited.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn enrolled_in(tx: &mut Tx, user: UserId) -> Result<Vec<Factor>, StoreError> {
    second_factors(tx.unchanging(), user).await
}

/// The ids of an account's second factors, in order.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn ids(store: &Store, user: UserId) -> Result<Vec<Uuid>, StoreError> {
    ids_by(&store.pool, user).await
}

/// The same within a transaction, once the account is locked.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn ids_in(tx: &mut Tx, user: UserId) -> Result<Vec<Uuid>, StoreError> {
    ids_by(tx.unchanging(), user).await
}

async fn ids_by(executor: impl PgExecutor<'_>, user: UserId) -> Result<Vec<Uuid>, StoreError> {
    let query = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM passkeys WHERE user_id = $1 UNION ALL SELECT id FROM totp WHERE user_id = $1 ORDER BY 1"#,
        user.0
    );
    Ok(query.fetch_all(executor).await?)
}

/// What an account had of second factors at a moment, and what was added to it since.
#[derive(Debug, Clone, Copy)]
pub struct Since {
    /// Whether it had one, which it may have lost since.
    pub had_one: bool,
    /// When the first one was added that came later and that the account still has.
    pub first_since: Option<OffsetDateTime>,
}

/// The second factors of an account at a moment and later, as far as they are there or kept. To be asked once the account is
/// locked.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn since(
    tx: &mut Tx,
    user: UserId,
    at: OffsetDateTime,
    now: OffsetDateTime,
) -> Result<Since, StoreError> {
    let query = sqlx::query_as!(
        Since,
        r#"WITH factors AS (
               SELECT added_at, 'infinity'::timestamptz AS removed_at FROM passkeys WHERE user_id = $1
               UNION ALL SELECT added_at, 'infinity' FROM totp WHERE user_id = $1
               UNION ALL SELECT added_at, removed_at FROM removed_passkeys WHERE user_id = $1 AND expires_at > $3
               UNION ALL SELECT added_at, removed_at FROM replaced_totp WHERE user_id = $1 AND expires_at > $3
           )
           SELECT coalesce(bool_or(added_at < $2 AND removed_at >= $2), false) AS "had_one!",
                  min(added_at) FILTER (WHERE added_at >= $2 AND removed_at = 'infinity') AS first_since
           FROM factors"#,
        user.0,
        at,
        now,
    );
    Ok(query.fetch_one(tx.unchanging()).await?)
}

/// Takes all second factors of an account, finished or not, with its recovery codes, and those that could come back.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn clear(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    totp::delete(tx, user).await?;
    passkeys::delete_all(tx, user).await?;
    replaced_totp::forget(tx, user).await?;
    removed_passkeys::forget(tx, user).await?;
    recovery_codes::forget(tx, user).await?;
    recovery_codes::delete(tx, user).await
}

async fn second_factors(executor: impl PgExecutor<'_>, user: UserId) -> Result<Vec<Factor>, StoreError> {
    let row = sqlx::query!(
        r#"SELECT EXISTS (SELECT FROM passkeys WHERE user_id = $1) AS "passkey!",
                  EXISTS (SELECT FROM totp WHERE user_id = $1) AS "totp!""#,
        user.0
    )
    .fetch_one(executor)
    .await?;
    let all = [(row.passkey, Factor::Passkey), (row.totp, Factor::Totp)];
    Ok(all.into_iter().filter(|(enrolled, _)| *enrolled).map(|(_, factor)| factor).collect())
}
