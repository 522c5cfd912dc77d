//! The audit trail.

use crate::rest::answer::Answer;
use crate::rest::caller::Member;
use crate::rest::input::Query;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::{AuditQuery, AuditView, Page};

/// List audit events
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/audit",
    operation_id = "list_audit",
    tag = "Administration",
    params(AuditQuery),
    responses(
        (status = 200, description = "A page of events", body = Page<AuditView>, links(
            ("list_audit" = (operation_id = "list_audit", parameters(("cursor" = "$response.body#/next_cursor")))),
        )),
        (status = 403, description = "You are not an admin"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Member(ctx): Member,
    Query(query): Query<AuditQuery>,
) -> Answer<Json<Page<AuditView>>> {
    Ok(Json(state.accounts.audit_trail(&ctx, query).await?))
}
