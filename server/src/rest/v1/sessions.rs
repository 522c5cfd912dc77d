//! The caller's own sessions.

use crate::rest::answer::{Answer, NoContent};
use crate::rest::caller::Member;
use crate::rest::input::Id;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use domain::{SessionId, SessionView};

/// List active sessions
#[utoipa::path(
    get,
    path = "/users/me/sessions",
    operation_id = "list_sessions",
    tag = "My account",
    responses(
        (status = 200, description = "Your active sessions", body = Vec<SessionView>, links(
            ("end_session" = (operation_id = "end_session", parameters(("id" = "$response.body#/0/id")))),
        )),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Member(ctx): Member,
) -> Answer<Json<Vec<SessionView>>> {
    Ok(Json(state.accounts.sessions(&ctx).await?))
}

/// End a session
#[utoipa::path(
    delete,
    path = "/users/me/sessions/{id}",
    operation_id = "end_session",
    tag = "My account",
    params(("id" = SessionId, Path, description = "The session's ID")),
    responses(
        (status = 204, description = "The session has ended"),
        (status = 404, description = "You have no such session"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn end(State(state): State<AppState>, Member(ctx): Member, Id(id): Id) -> Answer<NoContent> {
    state.accounts.end_my_session(&ctx, SessionId(id)).await?;
    Ok(NoContent)
}

/// End all other sessions
///
/// Keeps the session that makes this request.
#[utoipa::path(
    delete,
    path = "/users/me/sessions",
    operation_id = "end_other_sessions",
    tag = "My account",
    responses(
        (status = 204, description = "All other sessions have ended"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn end_others(State(state): State<AppState>, Member(ctx): Member) -> Answer<NoContent> {
    state.accounts.end_my_other_sessions(&ctx).await?;
    Ok(NoContent)
}
