//! The audit trail: one row for each thing done, in the transaction that did it. Never changed, except that the deletion of
//! an account empties where its owner acted from.

use crate::{Store, StoreError, Tx};
use domain::{AuditFilter, SessionId, Span, UserId};
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
}

/// Writes an event.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn insert(tx: &mut Tx, event: &Event<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO audit_events (id, at, kind, actor_id, subject_id, session_id, address, agent, request_id, detail)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        event.id,
        event.at,
        event.kind,
        event.actor.map(|id| id.0),
        event.subject.map(|id| id.0),
        event.session.map(|id| id.0),
        event.address,
        event.agent,
        event.request_id,
        event.detail,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Empties where an account's owner, and strangers, acted from on it, in `limit` rows at most: an admin's own address
/// stays. Says in how many.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn blank_clients(tx: &mut Tx, user: UserId, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "UPDATE audit_events SET address = NULL, agent = NULL WHERE id IN (
             SELECT id FROM audit_events
             WHERE actor_id = $1 AND (address IS NOT NULL OR agent IS NOT NULL)
             UNION ALL
             SELECT id FROM audit_events
             WHERE subject_id = $1 AND actor_id IS NULL AND (address IS NOT NULL OR agent IS NOT NULL)
             LIMIT $2)",
        user.0,
        limit
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected())
}

/// An event as it was written.
#[derive(Debug)]
pub struct Recorded {
    /// UUID v7.
    pub id: Uuid,
    /// When.
    pub at: OffsetDateTime,
    /// What, in `snake_case`.
    pub kind: String,
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
    /// More, never a secret.
    pub detail: serde_json::Value,
}

/// A query for the newest of the events for which `$condition` holds, `$1` of them at most.
macro_rules! query_events {
    ($condition:tt $($given:tt)*) => {
        sqlx::query_as!(
            Recorded,
            "SELECT id, at, kind, actor_id, subject_id, session_id, address, agent, request_id, detail
             FROM audit_events WHERE " + $condition + " ORDER BY id DESC LIMIT $1"
            $($given)*
        )
    };
}

/// The events that are asked for, the newest first, with one more than the page shows.
///
/// One statement for each index, or a plan made for any filter would read the whole trail for a rare one.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn list(store: &Store, filter: &AuditFilter) -> Result<Vec<Recorded>, StoreError> {
    let AuditFilter { span, kind, actor, subject, address } = filter;
    let actor = actor.map(|id| id.0);
    if let Some(address) = address {
        return Ok(at_address(store, span, kind.as_deref(), actor, *subject, address).await?);
    }
    let rows = match subject {
        Some(subject) => of_subject(store, span, kind.as_deref(), actor, *subject).await?,
        None => match actor {
            Some(actor) => by_actor(store, span, kind.as_deref(), actor).await?,
            None => all(store, span, kind.as_deref()).await?,
        },
    };
    Ok(rows)
}

async fn of_subject(
    store: &Store,
    span: &Span,
    kind: Option<&str>,
    actor: Option<Uuid>,
    subject: UserId,
) -> sqlx::Result<Vec<Recorded>> {
    query_events!(
        "subject_id = $3 AND ($2::uuid IS NULL OR id < $2) AND ($4::text IS NULL OR kind = $4)
           AND ($5::uuid IS NULL OR actor_id = $5)",
        span.rows_to_read(),
        span.after,
        subject.0,
        kind,
        actor,
    )
    .fetch_all(&store.pool)
    .await
}

async fn at_address(
    store: &Store,
    span: &Span,
    kind: Option<&str>,
    actor: Option<Uuid>,
    subject: Option<UserId>,
    address: &str,
) -> sqlx::Result<Vec<Recorded>> {
    query_events!(
        "address = $3 AND ($2::uuid IS NULL OR id < $2) AND ($4::text IS NULL OR kind = $4)
           AND ($5::uuid IS NULL OR actor_id = $5) AND ($6::uuid IS NULL OR subject_id = $6)",
        span.rows_to_read(),
        span.after,
        address,
        kind,
        actor,
        subject.map(|id| id.0) as _,
    )
    .fetch_all(&store.pool)
    .await
}

async fn by_actor(
    store: &Store,
    span: &Span,
    kind: Option<&str>,
    actor: Uuid,
) -> sqlx::Result<Vec<Recorded>> {
    query_events!(
        "actor_id = $3 AND ($2::uuid IS NULL OR id < $2) AND ($4::text IS NULL OR kind = $4)",
        span.rows_to_read(),
        span.after,
        actor,
        kind,
    )
    .fetch_all(&store.pool)
    .await
}

async fn all(store: &Store, span: &Span, kind: Option<&str>) -> sqlx::Result<Vec<Recorded>> {
    query_events!(
        "($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR kind = $3)",
        span.rows_to_read(),
        span.after,
        kind,
    )
    .fetch_all(&store.pool)
    .await
}
