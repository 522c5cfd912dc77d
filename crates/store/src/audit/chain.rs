//! The chain over the audit trail: each event is sealed after the fact, by a link that also covers the link before it. Links
//! are only added, but for those that go with pruned events.

use crate::{Store, StoreError, Tx};
use time::OffsetDateTime;
use uuid::Uuid;

/// Of the one lock under which links are added.
const LOCK: i64 = 0x6175_6469_7463_6861;

/// What a link covers: an event without its details, which may be deleted.
#[derive(Debug)]
pub struct Sealable {
    /// UUID v7.
    pub id: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// What, in `snake_case`.
    pub kind: String,
    /// How it ended.
    pub result: String,
    /// Who did it.
    pub actor_id: Option<Uuid>,
    /// Whose account it concerns.
    pub subject_id: Option<Uuid>,
    /// In which session.
    pub session_id: Option<Uuid>,
    /// The request, as the logs name it.
    pub request_id: String,
    /// What its details were.
    pub details_digest: Option<Vec<u8>>,
}

/// A link.
#[derive(Debug)]
pub struct Link {
    /// Counts from 1, without gaps.
    pub sequence: i64,
    /// Which event it seals.
    pub event_id: Uuid,
    /// Which encryption key it was made with.
    pub key_id: String,
    /// Over the link before it and the event.
    pub mac: Vec<u8>,
}

/// A link, its event, and the event's details, as far as they are there.
#[derive(Debug)]
pub struct Linked {
    /// The link.
    pub link: Link,
    /// Its event.
    pub event: Option<Sealable>,
    /// What the digest of its details is made of: the salt, then their text.
    pub details: Option<(Vec<u8>, String)>,
}

/// Where the chain begins once old events were pruned.
#[derive(Debug)]
pub struct Checkpoint {
    /// Of the last link that went.
    pub sequence: i64,
    /// Its code.
    pub link: Vec<u8>,
    /// When it went.
    pub pruned_at: OffsetDateTime,
    /// Which encryption key signed this.
    pub key_id: String,
    /// Over all of these.
    pub mac: Vec<u8>,
}

/// Waits until nobody else adds or prunes links, until the transaction ends.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query!("SELECT pg_advisory_xact_lock($1)", LOCK).execute(tx.unchanging()).await?;
    Ok(())
}

/// The same without waiting; says whether this one may.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn try_lock(tx: &mut Tx) -> Result<bool, StoreError> {
    let locked = sqlx::query_scalar!(r#"SELECT pg_try_advisory_xact_lock($1) AS "locked!""#, LOCK);
    Ok(locked.fetch_one(tx.unchanging()).await?)
}

/// Lets the transaction see one moment however long it reads.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn see_one_moment(tx: &mut Tx) -> Result<(), StoreError> {
    sqlx::query("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ").execute(tx.unchanging()).await?;
    Ok(())
}

/// The newest link.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn last(tx: &mut Tx) -> Result<Option<Link>, StoreError> {
    let link = sqlx::query_as!(
        Link,
        "SELECT sequence, event_id, key_id, mac FROM audit_chain ORDER BY sequence DESC LIMIT 1"
    );
    Ok(link.fetch_optional(tx.unchanging()).await?)
}

/// Adds links.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn append(tx: &mut Tx, links: &[Link]) -> Result<(), StoreError> {
    let sequences: Vec<_> = links.iter().map(|link| link.sequence).collect();
    let events: Vec<_> = links.iter().map(|link| link.event_id).collect();
    let keys: Vec<_> = links.iter().map(|link| link.key_id.clone()).collect();
    let macs: Vec<_> = links.iter().map(|link| link.mac.clone()).collect();
    sqlx::query!(
        "INSERT INTO audit_chain (sequence, event_id, key_id, mac)
         SELECT * FROM unnest($1::bigint[], $2::uuid[], $3::text[], $4::bytea[])",
        &sequences,
        &events,
        &keys,
        &macs
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// The events after one id and up to another that no link seals.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn unsealed(tx: &mut Tx, after: Uuid, until: Uuid) -> Result<Vec<Sealable>, StoreError> {
    let events = sqlx::query_as!(
        Sealable,
        "SELECT id, at, kind, result, actor_id, subject_id, session_id, request_id, details_digest FROM audit_events e
         WHERE id > $1 AND id <= $2 AND NOT EXISTS (SELECT FROM audit_chain c WHERE c.event_id = e.id) ORDER BY id",
        after,
        until
    );
    Ok(events.fetch_all(tx.unchanging()).await?)
}

/// Up to `limit` links after one, with what they seal.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn page(tx: &mut Tx, after: i64, limit: i64) -> Result<Vec<Linked>, StoreError> {
    let rows = sqlx::query!(
        r#"SELECT c.sequence, c.event_id, c.key_id, c.mac, e.at AS "at?", e.kind AS "kind?", e.result AS "result?",
                  e.actor_id, e.subject_id, e.session_id, e.request_id AS "request_id?", e.details_digest,
                  d.salt AS "salt?", jsonb_build_array(d.address, d.agent, d.detail)::text AS "details!"
           FROM audit_chain c LEFT JOIN audit_events e ON e.id = c.event_id
           LEFT JOIN audit_details d ON d.event_id = c.event_id
           WHERE c.sequence > $1 ORDER BY c.sequence LIMIT $2"#,
        after,
        limit
    );
    let linked = rows.map(|row| Linked {
        link: Link { sequence: row.sequence, event_id: row.event_id, key_id: row.key_id, mac: row.mac },
        event: row.at.zip(row.kind).zip(row.result).zip(row.request_id).map(
            |(((at, kind), result), request_id)| Sealable {
                id: row.event_id,
                at,
                kind,
                result,
                actor_id: row.actor_id,
                subject_id: row.subject_id,
                session_id: row.session_id,
                request_id,
                details_digest: row.details_digest,
            },
        ),
        details: row.salt.map(|salt| (salt, row.details)),
    });
    Ok(linked.fetch_all(tx.unchanging()).await?)
}

/// What pruning left.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn checkpoint(tx: &mut Tx) -> Result<Option<Checkpoint>, StoreError> {
    let checkpoint = sqlx::query_as!(
        Checkpoint,
        "SELECT sequence, link, pruned_at, key_id, mac FROM audit_checkpoints ORDER BY sequence DESC LIMIT 1"
    );
    Ok(checkpoint.fetch_optional(tx.unchanging()).await?)
}

/// Deletes the links up to a checkpoint with their events and details, and leaves the checkpoint. The role that serves may
/// not do this.
///
/// # Errors
/// [`StoreError`] where the database does not answer, or refuses.
pub async fn prune(tx: &mut Tx, checkpoint: &Checkpoint) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH links AS (DELETE FROM audit_chain WHERE sequence <= $1 RETURNING event_id),
              details AS (DELETE FROM audit_details USING links WHERE audit_details.event_id = links.event_id),
              earlier AS (DELETE FROM audit_checkpoints WHERE sequence < $1)
         DELETE FROM audit_events USING links WHERE id = links.event_id",
        checkpoint.sequence
    )
    .execute(tx.unchanging())
    .await?;
    sqlx::query!(
        "INSERT INTO audit_checkpoints (sequence, link, pruned_at, key_id, mac) VALUES ($1, $2, $3, $4, $5)",
        checkpoint.sequence,
        checkpoint.link,
        checkpoint.pruned_at,
        checkpoint.key_id,
        checkpoint.mac
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// The ids of the encryption keys that links and checkpoints were made with.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn key_ids(store: &Store) -> Result<Vec<String>, StoreError> {
    let ids = sqlx::query_scalar!(
        r#"SELECT key_id AS "key_id!" FROM audit_chain UNION SELECT key_id FROM audit_checkpoints"#
    );
    Ok(ids.fetch_all(&store.pool).await?)
}
