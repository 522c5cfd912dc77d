//! Which encryption keys rows name, and waiting mails and authenticator apps on their way to another key.

use crate::{Store, StoreError};
use time::OffsetDateTime;
use uuid::Uuid;

/// What a row keeps secret: a waiting mail to whom and what about, an authenticator app what it shares with the account.
/// No `Debug`.
pub struct SealedRow {
    /// Which mail or app.
    pub id: Uuid,
    /// Which encryption key it has.
    pub key_id: String,
    /// The secret, encrypted.
    pub sealed: Vec<u8>,
}

/// The ids of the encryption keys of mails and one-time tokens that have not expired.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn key_ids(store: &Store, now: OffsetDateTime) -> Result<Vec<String>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT key_id AS "key_id!" FROM outbox WHERE expires_at > $1
           UNION SELECT key_id FROM one_time_tokens WHERE used_at IS NULL AND expires_at > $1"#,
        now
    );
    Ok(ids.fetch_all(&store.pool).await?)
}

/// The ids of the encryption keys of authenticator apps.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn key_ids_of_apps(store: &Store, now: OffsetDateTime) -> Result<Vec<String>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT key_id AS "key_id!" FROM totp
           UNION SELECT key_id FROM replaced_totp WHERE expires_at > $1
           UNION SELECT key_id FROM totp_enrolments WHERE expires_at > $1"#,
        now
    );
    Ok(ids.fetch_all(&store.pool).await?)
}

/// Up to `limit` waiting mails that have another key than this.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn of_other_keys(store: &Store, key_id: &str, limit: i64) -> Result<Vec<SealedRow>, StoreError> {
    let mails = sqlx::query_as!(
        SealedRow,
        "SELECT id, key_id, sealed FROM outbox WHERE key_id <> $1 ORDER BY id LIMIT $2",
        key_id,
        limit
    );
    Ok(mails.fetch_all(&store.pool).await?)
}

/// Gives each of these mails this key and its new bytes, unless it was sent meanwhile or has another key than it had.
/// Says how many it was.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn replace(
    store: &Store,
    mails: &[SealedRow],
    key_id: &str,
    sealed: &[Vec<u8>],
) -> Result<u64, StoreError> {
    let (ids, old): (Vec<_>, Vec<_>) = mails.iter().map(|mail| (mail.id, mail.key_id.clone())).unzip();
    let done = sqlx::query!(
        "UPDATE outbox SET key_id = $1, sealed = new.sealed
         FROM unnest($2::uuid[], $3::text[], $4::bytea[]) AS new (id, key_id, sealed)
         WHERE outbox.id = new.id AND outbox.key_id = new.key_id",
        key_id,
        &ids,
        &old,
        sealed,
    );
    Ok(done.execute(&store.pool).await?.rows_affected())
}

/// Up to `limit` authenticator apps after `after`, replaced ones too, that have another key than this.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn apps_of_other_keys(
    store: &Store,
    key_id: &str,
    after: Uuid,
    limit: i64,
) -> Result<Vec<SealedRow>, StoreError> {
    let apps = sqlx::query_as!(
        SealedRow,
        r#"SELECT id AS "id!", key_id AS "key_id!", sealed AS "sealed!" FROM (
               SELECT id, key_id, sealed FROM totp UNION ALL SELECT id, key_id, sealed FROM replaced_totp) AS app
           WHERE key_id <> $1 AND id > $2 ORDER BY id LIMIT $3"#,
        key_id,
        after,
        limit
    );
    Ok(apps.fetch_all(&store.pool).await?)
}

/// Gives an app this key and its new bytes, unless it has gone or has another key than it had.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn replace_app(
    store: &Store,
    app: &SealedRow,
    key_id: &str,
    sealed: &[u8],
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        r#"WITH current AS (
               UPDATE totp SET key_id = $3, sealed = $4 WHERE id = $1 AND key_id = $2 RETURNING id
           ), replaced AS (
               UPDATE replaced_totp SET key_id = $3, sealed = $4 WHERE id = $1 AND key_id = $2 RETURNING id
           )
           SELECT count(*) AS "done!" FROM (SELECT id FROM current UNION ALL SELECT id FROM replaced) AS app"#,
        app.id,
        app.key_id,
        key_id,
        sealed,
    );
    Ok(done.fetch_one(&store.pool).await?.done.unsigned_abs())
}
