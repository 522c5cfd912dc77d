//! Counts over all accounts, and over what happened on a day.

use crate::{Scan, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

/// How many accounts there are.
#[derive(Debug, Clone, Copy)]
pub struct People {
    /// All.
    pub all: i64,
    /// Made since then.
    pub new: i64,
    /// Without a proven address.
    pub unproven: i64,
}

/// How often somebody tried to sign in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignIns {
    /// Let in.
    pub admitted: i64,
    /// Refused: a wrong password or code.
    pub refused: i64,
}

/// Counts all accounts, and those made since `new_since`, whose ids come after `first_id`: each by an index.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn people(
    scan: &mut Scan,
    first_id: Uuid,
    new_since: OffsetDateTime,
) -> Result<People, StoreError> {
    let people = sqlx::query_as!(
        People,
        r#"SELECT (SELECT count(*) FROM users) AS "all!",
               (SELECT count(*) FROM users WHERE id >= $1 AND created_at >= $2) AS "new!",
               (SELECT count(*) FROM users WHERE NOT email_verified) AS "unproven!""#,
        first_id,
        new_since
    )
    .fetch_one(scan.connection())
    .await?;
    Ok(people)
}

/// Counts the accounts that have signed in since then.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn active(scan: &mut Scan, since: OffsetDateTime) -> Result<i64, StoreError> {
    let active = sqlx::query_scalar!(
        r#"SELECT count(*) AS "active!" FROM users
           WHERE id IN (SELECT subject_id FROM audit_events WHERE kind = 'signed_in' AND at >= $1)"#,
        since
    )
    .fetch_one(scan.connection())
    .await?;
    Ok(active)
}

/// Counts the sign-ins of some time.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sign_ins(
    scan: &mut Scan,
    from: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<SignIns, StoreError> {
    let sign_ins = sqlx::query_as!(
        SignIns,
        r#"SELECT count(*) FILTER (WHERE kind = 'signed_in') AS "admitted!",
               count(*) FILTER (WHERE kind <> 'signed_in') AS "refused!"
           FROM audit_events
           WHERE kind IN ('signed_in', 'sign_in_failed') AND at >= $1 AND at < $2"#,
        from,
        until
    )
    .fetch_one(scan.connection())
    .await?;
    Ok(sign_ins)
}
