//! Accounts that close: their owners have deleted them, and may restore them until their end.

use crate::users::{User, query_user};
use crate::{StoreError, Tx};
use domain::UserId;
use time::OffsetDateTime;
use uuid::Uuid;

/// Closes an account until its end.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn close(
    tx: &mut Tx,
    id: UserId,
    closes_at: OffsetDateTime,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE users SET is_active = false, closes_at = $2, disabled_reason = NULL, updated_at = $3 WHERE id = $1",
        id.0,
        closes_at,
        at
    )
    .execute(tx.changing(id))
    .await?;
    Ok(())
}

/// Opens a closing account again; says whether it was one.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn restore(tx: &mut Tx, id: UserId, at: OffsetDateTime) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE users SET is_active = true, closes_at = NULL, disabled_reason = NULL, updated_at = $2
         WHERE id = $1 AND NOT is_active AND closes_at IS NOT NULL",
        id.0,
        at
    )
    .execute(tx.changing(id))
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Those of these addresses whose accounts close.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn closing_of(tx: &mut Tx, canonicals: &[String]) -> Result<Vec<String>, StoreError> {
    let query = sqlx::query_scalar!(
        "SELECT email_canonical FROM users WHERE email_canonical = ANY($1) AND closes_at IS NOT NULL AND NOT is_active",
        canonicals
    );
    Ok(query.fetch_all(tx.unchanging()).await?)
}

/// The account whose end is the longest ago, its row locked until the transaction ends; another server's, and those of
/// `except`, are passed over.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock_ended(
    tx: &mut Tx,
    now: OffsetDateTime,
    except: &[Uuid],
) -> Result<Option<User>, StoreError> {
    let query = query_user!(
        "SELECT ",
        "FROM users WHERE closes_at <= $1 AND NOT is_active AND id <> ALL($2)
         ORDER BY closes_at LIMIT 1 FOR UPDATE SKIP LOCKED",
        now,
        except
    );
    Ok(query.fetch_optional(tx.unchanging()).await?)
}
