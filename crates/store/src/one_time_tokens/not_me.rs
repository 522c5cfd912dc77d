//! The links that take an account back, and what they keep meanwhile.

use crate::{Store, StoreError, Tx};
use domain::UserId;
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

/// Notes that a link takes an account back from whoever has just chosen its password by a mail.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn note_of_reset(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!("UPDATE one_time_tokens SET of_reset = true WHERE id = $1", id)
        .execute(tx.unchanging())
        .await?;
    Ok(())
}

/// Deletes the unused links of an account that take it back from whoever chose its password by a mail to this address.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn revoke_of_resets(tx: &mut Tx, user: UserId, canonical: &str) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM one_time_tokens
         WHERE user_id = $1 AND purpose = 'not-me' AND of_reset AND email_canonical = $2 AND used_at IS NULL",
        user.0,
        canonical,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// An unused link of an account that told of a second factor which the account has.
pub struct OfFactor {
    /// The link's.
    pub id: Uuid,
    /// Where it went.
    pub email_canonical: String,
    /// When the link ends.
    pub expires_at: OffsetDateTime,
    /// When the factor was added.
    pub added_at: OffsetDateTime,
}

/// The links that told of the second factors that an account has: each alone takes its factor away. To be asked once the
/// account is locked.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn of_factors_in(tx: &mut Tx, user: UserId) -> Result<Vec<OfFactor>, StoreError> {
    of_factors_by(tx.unchanging(), user).await
}

/// The same outside of a transaction.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn of_factors(store: &Store, user: UserId) -> Result<Vec<OfFactor>, StoreError> {
    of_factors_by(&store.pool, user).await
}

async fn of_factors_by(executor: impl PgExecutor<'_>, user: UserId) -> Result<Vec<OfFactor>, StoreError> {
    let query = sqlx::query_as!(
        OfFactor,
        r#"SELECT t.id, t.email_canonical, t.expires_at, added_at AS "added_at!" FROM one_time_tokens t
           JOIN (SELECT user_id, added_at FROM passkeys UNION ALL SELECT user_id, added_at FROM totp) AS factors
                ON factors.user_id = t.user_id AND t.created_at - added_at BETWEEN interval '0' AND interval '1 second'
           WHERE t.purpose = 'not-me' AND t.user_id = $1 AND t.used_at IS NULL"#,
        user.0,
    );
    Ok(query.fetch_all(executor).await?)
}

/// Deletes the unused links of an account that take it back: those to the address of this one, and those that were made
/// after it. Those to its address that were made since `spared` go on, and `kept` do.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn revoke_not_me(
    tx: &mut Tx,
    token: Uuid,
    user: UserId,
    (spared, kept): (Option<OffsetDateTime>, &[Uuid]),
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM one_time_tokens t USING one_time_tokens used
         WHERE used.id = $1 AND t.user_id = $2 AND t.purpose = 'not-me' AND t.used_at IS NULL
               AND CASE WHEN t.email_canonical = used.email_canonical
                        THEN ($3::timestamptz IS NULL OR t.created_at < $3) AND t.id <> ALL ($4)
                        ELSE t.created_at >= used.created_at END",
        token,
        user.0,
        spared,
        kept,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// When the newest link was made that takes an account back.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn newest_not_me(tx: &mut Tx, user: UserId) -> Result<Option<OffsetDateTime>, StoreError> {
    let query = sqlx::query_scalar!(
        "SELECT max(created_at) FROM one_time_tokens WHERE purpose = 'not-me' AND user_id = $1",
        user.0
    );
    Ok(query.fetch_one(tx.unchanging()).await?)
}

/// Whether a link to another address may still take this account back.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn is_claimed(
    tx: &mut Tx,
    user: UserId,
    canonical: &str,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let claimed = sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT FROM one_time_tokens
            WHERE purpose = 'not-me' AND user_id = $1 AND email_canonical <> $2 AND used_at IS NULL AND expires_at > $3
        ) AS "claimed!""#,
        user.0,
        canonical,
        now,
    )
    .fetch_one(tx.unchanging())
    .await?;
    Ok(claimed)
}

/// Whether another account may still take this address back.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn is_kept(
    tx: &mut Tx,
    canonical: &str,
    except: UserId,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let kept = sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT FROM one_time_tokens
            WHERE purpose = 'not-me' AND email_canonical = $1 AND user_id <> $2 AND used_at IS NULL AND expires_at > $3
           ) AS "kept!""#,
        canonical,
        except.0,
        now
    )
    .fetch_one(tx.unchanging())
    .await?;
    Ok(kept)
}

/// Those of these addresses that a live link may still give back to an account.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn kept_of(
    tx: &mut Tx,
    canonicals: &[String],
    now: OffsetDateTime,
) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar!(
        "SELECT DISTINCT email_canonical FROM one_time_tokens
         WHERE purpose = 'not-me' AND email_canonical = ANY($1) AND used_at IS NULL AND expires_at > $2",
        canonicals,
        now
    );
    Ok(query.fetch_all(tx.unchanging()).await?)
}
