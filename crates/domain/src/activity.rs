use crate::{FieldError, FieldErrors, SessionId, Span, Timestamp, UserId};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Something that happened to an account, as its owner sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ActivityView {
    /// UUID v7.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What, in `snake_case`.
    pub kind: String,
    /// Whether an admin did it; their address and program are not the owner's to know.
    pub by_admin: bool,
    /// From which address.
    pub address: Option<String>,
    /// By which program.
    pub agent: Option<String>,
    /// In which session.
    pub session: Option<SessionId>,
}

/// Something that happened, as an admin sees it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct AuditView {
    /// UUID v7.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// What, in `snake_case`.
    pub kind: String,
    /// Who did it; none for a stranger.
    pub actor: Option<UserId>,
    /// Whose account it concerns; the account may be gone.
    pub subject: Option<UserId>,
    /// In which session.
    pub session: Option<SessionId>,
    /// From which address.
    pub address: Option<String>,
    /// By which program.
    pub agent: Option<String>,
    /// The request, as the logs name it.
    pub request_id: String,
    /// More, never a secret.
    pub detail: serde_json::Value,
}

/// Which events are asked for, as it stands in the address. Missing is empty, and empty is any.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::IntoParams))]
#[cfg_attr(feature = "openapi", into_params(parameter_in = Query))]
#[serde(default, deny_unknown_fields)]
pub struct AuditQuery {
    /// How many rows; 50 where empty.
    pub limit: String,
    /// The `next_cursor` of the page before; empty for the first one.
    pub cursor: String,
    /// What happened, in `snake_case`.
    pub kind: String,
    /// The id of who did it.
    pub actor: String,
    /// The id of the account it concerns.
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
            errors.refuse("kind", "invalid", "Use a kind of event, such as signed_in.");
        }
        let actor = errors.id("actor", &self.actor);
        let subject = errors.id("subject", &self.subject);
        errors.finish(span.map(|span| AuditFilter { span, kind, actor, subject }))
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
            self.refuse(field, "invalid", "Use the id of an account.");
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
