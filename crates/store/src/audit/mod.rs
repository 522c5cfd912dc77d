//! The audit trail: one row for each thing done, in the transaction that did it, and never changed. Where it was done from,
//! and more about it, is a row of its own, which goes with the account of who did it.

pub mod chain;

use crate::{Scan, Store, StoreError, Tx};
use domain::{AuditFilter, EventKind, EventResult, SessionId, Span, UserId};
use sqlx::PgConnection;
use time::OffsetDateTime;
use uuid::Uuid;

/// One thing that happened.
#[derive(Debug)]
pub struct Event<'a> {
    /// UUID v7.
    pub id: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// What, in `snake_case`.
    pub kind: &'a str,
    /// How it ended.
    pub result: EventResult,
    /// Who did it; none for a stranger.
    pub actor: Option<UserId>,
    /// Whose account it concerns; none for an unknown name.
    pub subject: Option<UserId>,
    /// In which session.
    pub session: Option<SessionId>,
    /// From which address; the machine's own for the command line.
    pub address: Option<&'a str>,
    /// By which program.
    pub agent: Option<&'a str>,
    /// The request, as the logs name it.
    pub request_id: &'a str,
    /// More, never a secret.
    pub detail: serde_json::Value,
    /// Goes with the details: without it nobody finds out by trying what a digest was made of.
    pub salt: [u8; 16],
}

/// Writes an event and its details.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn insert(tx: &mut Tx, event: &Event<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "WITH event AS (
             INSERT INTO audit_events (id, at, kind, result, actor_id, subject_id, session_id, request_id, details_digest)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, audit_digest($9, $1, $10, $11, $12)))
         INSERT INTO audit_details (event_id, salt, address, agent, detail) VALUES ($1, $9, $10, $11, $12)",
        event.id,
        event.at,
        event.kind,
        event.result.as_str(),
        event.actor.map(|id| id.0),
        event.subject.map(|id| id.0),
        event.session.map(|id| id.0),
        event.request_id,
        event.salt.as_slice(),
        event.address,
        event.agent,
        event.detail,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Empties from where an account's owner, and strangers, acted on it, and how, where a version before wrote it and it was not
/// moved yet, in `limit` rows at most: an admin's own address stays. Says in how many. What is being moved meanwhile is
/// waited for: [`delete_details`] comes after this.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn empty_old_details(tx: &mut Tx, user: UserId, limit: i64) -> Result<u64, StoreError> {
    let old = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM audit_events
           WHERE actor_id = $1 AND details_digest IS NULL AND (address IS NOT NULL OR agent IS NOT NULL)
           UNION ALL
           SELECT id FROM audit_events
           WHERE subject_id = $1 AND actor_id IS NULL AND details_digest IS NULL
             AND (address IS NOT NULL OR agent IS NOT NULL)
           LIMIT $2"#,
        user.0,
        limit
    )
    .fetch_all(tx.unchanging())
    .await?;
    if old.is_empty() {
        return Ok(0);
    }
    sqlx::query!(
        "UPDATE audit_events SET address = NULL, agent = NULL, detail = '{}'
         WHERE id = ANY($1) AND details_digest IS NULL",
        &old
    )
    .execute(tx.unchanging())
    .await?;
    Ok(old.len() as u64)
}

/// Deletes the same where it lies apart, and what an admin has written about the person, `limit` rows at most. Says how many.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn delete_details(tx: &mut Tx, user: UserId, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM audit_details WHERE event_id IN (
             SELECT event_id FROM audit_events JOIN audit_details ON event_id = id WHERE actor_id = $1
             UNION ALL
             SELECT event_id FROM audit_events JOIN audit_details ON event_id = id
             WHERE subject_id = $1 AND (actor_id IS NULL OR kind = 'account_disabled')
             LIMIT $2)",
        user.0,
        limit
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected())
}

/// The last of the next `limit` events after an id; none where there are none.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn page_end(store: &Store, after: Uuid, limit: i64) -> Result<Option<Uuid>, StoreError> {
    let end = sqlx::query_scalar!(
        r#"SELECT id AS "id!" FROM (SELECT id FROM audit_events WHERE id > $1 ORDER BY id LIMIT $2) page
           ORDER BY id DESC LIMIT 1"#,
        after,
        limit
    );
    Ok(end.fetch_optional(&store.pool).await?)
}

/// How many events of the version before had their details moved, and how many were locked.
#[derive(Debug, Clone, Copy, Default)]
pub struct Moved {
    /// Moved.
    pub moved: u64,
    /// Left for another time.
    pub locked: u64,
}

impl Moved {
    /// Whether another pass may find what this one did not get.
    #[must_use]
    pub fn goes_on(self) -> bool {
        self.moved > 0 && self.locked > 0
    }
}

/// Moves the details of all events that the version before wrote, a few at a time. What was done by somebody who is gone, or
/// by a stranger to an account that is, leaves none.
///
/// # Errors
/// [`StoreError`] where the database does not answer; what was moved by then stays so.
pub async fn move_details(store: &Store) -> Result<Moved, StoreError> {
    /// How many events are looked at in one short transaction.
    const PAGE: i64 = 5_000;
    let (mut after, mut all) = (Uuid::nil(), Moved::default());
    while let Some(until) = page_end(store, after, PAGE).await? {
        let Moved { moved, locked } = move_page(store, after, until).await?;
        all = Moved { moved: all.moved + moved, locked: all.locked + locked };
        after = until;
    }
    Ok(all)
}

/// Those after one id and up to another, in statements that Citus takes too: it computes nothing of a row in an UPDATE.
async fn move_page(store: &Store, after: Uuid, until: Uuid) -> sqlx::Result<Moved> {
    let mut tx = store.pool.begin().await?;
    // Locked until the end: a deletion of the account waits for them, and then finds what was moved.
    let old = sqlx::query!(
        r#"SELECT id, salt AS "salt!", audit_digest(salt, id, address, agent, detail) AS "digest!",
                  audit_result(kind) AS "result!"
           FROM (SELECT id, kind, address, agent, detail, uuid_send(gen_random_uuid()) AS salt
                 FROM audit_events WHERE id > $1 AND id <= $2 AND details_digest IS NULL FOR UPDATE SKIP LOCKED) AS old"#,
        after,
        until
    )
    .fetch_all(&mut *tx)
    .await?;
    let ids: Vec<Uuid> = old.iter().map(|event| event.id).collect();
    let salts: Vec<_> = old.iter().map(|event| event.salt.clone()).collect();
    let digests: Vec<_> = old.iter().map(|event| event.digest.clone()).collect();
    let results: Vec<_> = old.into_iter().map(|event| event.result).collect();
    sqlx::query!(
        "INSERT INTO audit_details (event_id, salt, address, agent, detail)
         SELECT e.id, new.salt, e.address, e.agent, e.detail
         FROM audit_events e JOIN unnest($1::uuid[], $2::bytea[]) AS new (id, salt) ON new.id = e.id
         WHERE coalesce(e.actor_id, e.subject_id) IS NULL
            OR EXISTS (SELECT FROM users WHERE users.id = coalesce(e.actor_id, e.subject_id))",
        &ids,
        &salts
    )
    .execute(&mut *tx)
    .await?;
    let moved = sqlx::query!(
        "UPDATE audit_events e
         SET details_digest = new.digest, result = new.result, address = NULL, agent = NULL, detail = '{}'
         FROM unnest($1::uuid[], $2::bytea[], $3::text[]) AS new (id, digest, result) WHERE e.id = new.id",
        &ids,
        &digests,
        &results
    )
    .execute(&mut *tx)
    .await?
    .rows_affected();
    let locked = sqlx::query_scalar!(
        r#"SELECT count(*) AS "locked!" FROM audit_events WHERE id > $1 AND id <= $2 AND details_digest IS NULL"#,
        after,
        until
    )
    .fetch_one(&mut *tx)
    .await?;
    tx.commit().await?;
    Ok(Moved { moved, locked: u64::try_from(locked).unwrap_or_default() })
}

/// Whether something of this kind was written with an id from this one on.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn happened_since(store: &Store, first: Uuid, kind: EventKind) -> Result<bool, StoreError> {
    let found = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM audit_events WHERE id >= $1 AND kind = $2) AS "found!""#,
        first,
        kind.as_str()
    );
    Ok(found.fetch_one(&store.pool).await?)
}

/// Whose accounts were deleted, as the events from this id on say.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn deleted_since(store: &Store, first: Uuid) -> Result<Vec<UserId>, StoreError> {
    let query = sqlx::query_scalar!(
        r#"SELECT DISTINCT subject_id AS "subject_id!" FROM audit_events
           WHERE id >= $1 AND kind = 'account_deleted' AND subject_id IS NOT NULL"#,
        first
    );
    Ok(query.fetch_all(&store.pool).await?.into_iter().map(UserId).collect())
}

/// An event as it was written, and what is left of its details.
#[derive(Debug)]
pub struct Recorded {
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
    /// From which address.
    pub address: Option<String>,
    /// By which program.
    pub agent: Option<String>,
    /// The request, as the logs name it.
    pub request_id: String,
    /// More, never a secret; none once the details were deleted.
    pub detail: Option<serde_json::Value>,
}

/// A query for the newest of the events for which `$condition` holds, `$1` of them at most, with what is left of their
/// details wherever they lie.
macro_rules! query_events {
    ($condition:tt $($given:tt)*) => {
        sqlx::query_as!(
            Recorded,
            r#"SELECT e.id, e.at, e.kind, e.result, e.actor_id, e.subject_id, e.session_id, e.request_id,
                      coalesce(d.address, e.address) AS address, coalesce(d.agent, e.agent) AS agent,
                      coalesce(d.detail, CASE WHEN e.details_digest IS NULL THEN e.detail END) AS detail
               FROM audit_events e LEFT JOIN audit_details d ON d.event_id = e.id
               WHERE "# + $condition + " ORDER BY e.id DESC LIMIT $1"
            $($given)*
        )
    };
}

/// What somebody did, the newest first, with one more than the page shows.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by(store: &Store, span: &Span, actor: UserId) -> Result<Vec<Recorded>, StoreError> {
    let mut connection = store.reader().await?;
    Ok(by_actor(&mut connection, span, None, actor.0).await?)
}

/// What happened to an account, the newest first, with one more than the page shows.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn about(store: &Store, span: &Span, subject: UserId) -> Result<Vec<Recorded>, StoreError> {
    let mut connection = store.reader().await?;
    Ok(of_subject(&mut connection, span, None, None, subject).await?)
}

/// The events that are asked for, the newest first, with one more than the page shows: for a rare kind, of the whole trail.
///
/// One statement for each index. What a version before wrote is found by its address once it was moved.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn list(scan: &mut Scan, filter: &AuditFilter) -> Result<Vec<Recorded>, StoreError> {
    let AuditFilter { span, kind, actor, subject, address } = filter;
    let (kind, actor, reader) = (kind.as_deref(), actor.map(|id| id.0), scan.connection());
    if let Some(address) = address {
        return Ok(at_address(reader, span, kind, actor, *subject, address).await?);
    }
    let rows = match subject {
        Some(subject) => of_subject(reader, span, kind, actor, *subject).await?,
        None => match actor {
            Some(actor) => by_actor(reader, span, kind, actor).await?,
            None => all(reader, span, kind).await?,
        },
    };
    Ok(rows)
}

async fn of_subject(
    reader: &mut PgConnection,
    span: &Span,
    kind: Option<&str>,
    actor: Option<Uuid>,
    subject: UserId,
) -> sqlx::Result<Vec<Recorded>> {
    query_events!(
        "e.subject_id = $3 AND ($2::uuid IS NULL OR e.id < $2) AND ($4::text IS NULL OR e.kind = $4)
           AND ($5::uuid IS NULL OR e.actor_id = $5)",
        span.rows_to_read(),
        span.after,
        subject.0,
        kind,
        actor,
    )
    .fetch_all(reader)
    .await
}

async fn at_address(
    reader: &mut PgConnection,
    span: &Span,
    kind: Option<&str>,
    actor: Option<Uuid>,
    subject: Option<UserId>,
    address: &str,
) -> sqlx::Result<Vec<Recorded>> {
    query_events!(
        "d.address = $3 AND ($2::uuid IS NULL OR d.event_id < $2) AND ($4::text IS NULL OR e.kind = $4)
           AND ($5::uuid IS NULL OR e.actor_id = $5) AND ($6::uuid IS NULL OR e.subject_id = $6)",
        span.rows_to_read(),
        span.after,
        address,
        kind,
        actor,
        subject.map(|id| id.0) as _,
    )
    .fetch_all(reader)
    .await
}

async fn by_actor(
    reader: &mut PgConnection,
    span: &Span,
    kind: Option<&str>,
    actor: Uuid,
) -> sqlx::Result<Vec<Recorded>> {
    query_events!(
        "e.actor_id = $3 AND ($2::uuid IS NULL OR e.id < $2) AND ($4::text IS NULL OR e.kind = $4)",
        span.rows_to_read(),
        span.after,
        actor,
        kind,
    )
    .fetch_all(reader)
    .await
}

async fn all(reader: &mut PgConnection, span: &Span, kind: Option<&str>) -> sqlx::Result<Vec<Recorded>> {
    query_events!(
        "($2::uuid IS NULL OR e.id < $2) AND ($3::text IS NULL OR e.kind = $3)",
        span.rows_to_read(),
        span.after,
        kind,
    )
    .fetch_all(reader)
    .await
}
