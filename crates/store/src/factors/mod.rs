//! Second factors: which an account has, passkeys, authenticator apps, recovery codes, and sign-ins that wait for one.

pub mod passkeys;
pub mod recovery_codes;
pub mod replaced_totp;
pub mod totp;
pub mod used_challenges;

use crate::{Store, StoreError, Tx};
use domain::{Factor, UserId};
use sqlx::PgExecutor;

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

/// Takes all second factors of an account, finished or not, and its recovery codes.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn clear(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    totp::delete(tx, user).await?;
    passkeys::delete_all(tx, user).await?;
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
