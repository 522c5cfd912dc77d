//! Accounts: made by anyone, kept by admins.

use crate::AppState;
use crate::rest::caller::{Anyone, Member};
use crate::rest::input::{Id, Json as Body, Query};
use crate::rest::{Answer, NoContent};
use axum::Json;
use axum::extract::State;
use domain::{AdminPatch, NewAccount, Page, UserId, UserQuery, UserView};
use http::StatusCode;

/// Makes an account. It opens no session.
pub(crate) async fn register(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Body(account): Body<NewAccount>,
) -> Answer<(StatusCode, Json<UserView>)> {
    Ok((StatusCode::CREATED, Json(state.accounts.register(&ctx, account.into()).await?)))
}

/// Accounts, newest first, in pages that stay put while others sign up.
pub(crate) async fn list(
    State(state): State<AppState>,
    Member(ctx): Member,
    Query(query): Query<UserQuery>,
) -> Answer<Json<Page<UserView>>> {
    Ok(Json(state.accounts.list_users(&ctx, query).await?))
}

/// One account.
pub(crate) async fn read(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
) -> Answer<Json<UserView>> {
    Ok(Json(state.accounts.user(&ctx, UserId(id)).await?))
}

/// Changes the fields given.
pub(crate) async fn change(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
    Body(patch): Body<AdminPatch>,
) -> Answer<Json<UserView>> {
    Ok(Json(state.accounts.change_user(&ctx, UserId(id), patch).await?))
}

/// Deletes an account; the audit trail stays.
pub(crate) async fn delete(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
) -> Answer<NoContent> {
    state.accounts.delete_user(&ctx, UserId(id)).await?;
    Ok(NoContent)
}

/// Ends every session of an account.
pub(crate) async fn end_sessions(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
) -> Answer<NoContent> {
    state.accounts.end_sessions_of(&ctx, UserId(id)).await?;
    Ok(NoContent)
}
