//! The caller's own sessions.

use crate::AppState;
use crate::rest::caller::Member;
use crate::rest::input::Id;
use crate::rest::{Answer, NoContent};
use axum::Json;
use axum::extract::State;
use domain::{SessionId, SessionView};

/// Those that live.
#[utoipa::path(
    get,
    path = "/users/me/sessions",
    operation_id = "list_sessions",
    tag = "My account",
    responses(
        (status = 200, description = "The sessions", body = Vec<SessionView>),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Member(ctx): Member,
) -> Answer<Json<Vec<SessionView>>> {
    Ok(Json(state.accounts.sessions(&ctx).await?))
}

/// Ends one.
#[utoipa::path(
    delete,
    path = "/users/me/sessions/{id}",
    operation_id = "end_session",
    tag = "My account",
    params(("id" = SessionId, Path, description = "The session")),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 404, description = "There is no such session, or it is somebody else's"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn end(State(state): State<AppState>, Member(ctx): Member, Id(id): Id) -> Answer<NoContent> {
    state.accounts.end_my_session(&ctx, SessionId(id)).await?;
    Ok(NoContent)
}

/// Ends all but the one this request came in.
#[utoipa::path(
    delete,
    path = "/users/me/sessions",
    operation_id = "end_other_sessions",
    tag = "My account",
    responses(
        (status = 204, description = "The other sessions have ended"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn end_others(State(state): State<AppState>, Member(ctx): Member) -> Answer<NoContent> {
    state.accounts.end_my_other_sessions(&ctx).await?;
    Ok(NoContent)
}
