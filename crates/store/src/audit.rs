//! The audit trail: one row for each thing done, in the transaction that did it. Never changed.

use crate::{StoreError, Tx};
use domain::{SessionId, UserId};
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
    /// Whose account it concerns; none where the name is nobody's.
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
    .execute(tx.conn())
    .await?;
    Ok(())
}
