use crate::{FieldError, FieldErrors, FormReason, SessionId, Span, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Something that happened to your account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivityView {
    /// The event's ID, a UUID v7.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, such as `signed_in`.
    pub kind: String,
    /// Whether an admin did it. Their address and user agent are then not shown.
    pub by_admin: bool,
    /// The client's IP address.
    pub address: Option<String>,
    /// The client's user agent.
    pub agent: Option<String>,
    /// The session it happened in.
    pub session: Option<SessionId>,
}

/// An audit event, as admins see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditView {
    /// The event's ID, a UUID v7.
    pub id: Uuid,
    /// When it happened.
    pub at: Timestamp,
    /// What happened, such as `signed_in`.
    pub kind: String,
    /// How it ended: `ok` or `refused`.
    pub result: String,
    /// Who did it; null for somebody who was not signed in.
    pub actor: Option<UserId>,
    /// The account it concerns, which may have been deleted since.
    pub subject: Option<UserId>,
    /// The session it happened in.
    pub session: Option<SessionId>,
    /// The client's IP address. It goes with the account of whoever did it, as the agent and the details do.
    pub address: Option<String>,
    /// The client's user agent.
    pub agent: Option<String>,
    /// The request's ID, as in the logs.
    pub request_id: String,
    /// Details; null once they were deleted. Never a secret.
    pub detail: serde_json::Value,
}

/// The addresses of accounts that are still there, by their ids.
pub type Addresses = BTreeMap<UserId, String>;

/// Which events are asked for, as it stands in the address. Missing is empty, and empty is any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct AuditQuery {
    /// How many to return, 1 to 100.
    pub limit: String,
    /// The `next_cursor` of the previous page. Leave it out for the first page.
    pub cursor: String,
    /// Only this kind of event, such as `signed_in`.
    pub kind: String,
    /// Only events by this user.
    pub actor: String,
    /// Only events about this user.
    pub subject: String,
}

/// Which events are asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditFilter {
    /// Which part of the list.
    pub span: Span,
    /// What happened.
    pub kind: Option<String>,
    /// Who did it.
    pub actor: Option<UserId>,
    /// Whose account it concerns.
    pub subject: Option<UserId>,
    /// From which IP address.
    pub address: Option<String>,
}

impl AuditQuery {
    /// Checks every field.
    ///
    /// # Errors
    /// All refused fields.
    pub fn parse(&self) -> Result<AuditFilter, Vec<FieldError>> {
        let mut errors = FieldErrors::default();
        let span = errors.span(&self.limit, &self.cursor);
        let kind = Some(self.kind.clone()).filter(|kind| !kind.is_empty());
        if kind.as_ref().is_some_and(|kind| kind.len() > 64 || !kind.bytes().all(is_of_a_kind)) {
            errors.refuse("kind", FormReason::KindInvalid);
        }
        let actor = errors.id("actor", &self.actor);
        let subject = errors.id("subject", &self.subject);
        errors.finish(span.map(|span| AuditFilter { span, kind, actor, subject, address: None }))
    }
}

fn is_of_a_kind(byte: u8) -> bool {
    byte.is_ascii_lowercase() || byte == b'_'
}

impl FieldErrors {
    fn id(&mut self, field: &str, raw: &str) -> Option<UserId> {
        if raw.is_empty() {
            return None;
        }
        let id = raw.parse().ok().map(UserId);
        if id.is_none() {
            self.refuse(field, FormReason::IdInvalid);
        }
        id
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_parsed_whole_or_refused_whole() {
        let id = "019aa5a4-0000-7000-8000-000000000000";
        let query = AuditQuery { kind: "signed_in".into(), subject: id.into(), ..AuditQuery::default() };
        let filter = query.parse().unwrap();
        assert_eq!(filter.kind.as_deref(), Some("signed_in"));
        assert_eq!(filter.subject.unwrap().to_string(), id);
        assert_eq!(filter.actor, None);
        let query = AuditQuery {
            limit: "x".into(),
            cursor: "x".into(),
            kind: "a\0".into(),
            actor: "me".into(),
            subject: format!("{id}0"),
        };
        let fields: Vec<_> = query.parse().unwrap_err().into_iter().map(|e| e.field).collect();
        assert_eq!(fields, ["limit", "cursor", "kind", "actor", "subject"]);
    }
}
