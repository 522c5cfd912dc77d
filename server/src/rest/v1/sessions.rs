//! The caller's own sessions.

use crate::AppState;
use crate::rest::caller::Member;
use crate::rest::input::Id;
use crate::rest::{Answer, NoContent};
use axum::Json;
use axum::extract::State;
use domain::{SessionId, SessionView};

/// Those that live.
pub(crate) async fn list(
    State(state): State<AppState>,
    Member(ctx): Member,
) -> Answer<Json<Vec<SessionView>>> {
    Ok(Json(state.accounts.sessions(&ctx).await?))
}

/// Ends one.
pub(crate) async fn end(State(state): State<AppState>, Member(ctx): Member, Id(id): Id) -> Answer<NoContent> {
    state.accounts.end_my_session(&ctx, SessionId(id)).await?;
    Ok(NoContent)
}

/// Ends all but the one this request came in.
pub(crate) async fn end_others(State(state): State<AppState>, Member(ctx): Member) -> Answer<NoContent> {
    state.accounts.end_my_other_sessions(&ctx).await?;
    Ok(NoContent)
}
