//! The audit trail.

use crate::AppState;
use crate::rest::Answer;
use crate::rest::caller::Member;
use crate::rest::input::Query;
use axum::Json;
use axum::extract::State;
use domain::{AuditQuery, AuditView, Page};

/// What was done, newest first.
pub(crate) async fn list(
    State(state): State<AppState>,
    Member(ctx): Member,
    Query(query): Query<AuditQuery>,
) -> Answer<Json<Page<AuditView>>> {
    Ok(Json(state.accounts.audit_trail(&ctx, query).await?))
}
