//! The caller's own account.

use crate::AppState;
use crate::rest::caller::Member;
use crate::rest::input::{Json as Body, Query};
use crate::rest::{Answer, NoContent};
use axum::Json;
use axum::extract::State;
use domain::{ActivityView, DeletionForm, Page, PageRequest, PasswordForm, UserPatch, UserView};

/// The account.
pub(crate) async fn read(State(state): State<AppState>, Member(ctx): Member) -> Answer<Json<UserView>> {
    Ok(Json(state.accounts.me(&ctx).await?))
}

/// Changes the fields given.
pub(crate) async fn change(
    State(state): State<AppState>,
    Member(ctx): Member,
    Body(patch): Body<UserPatch>,
) -> Answer<Json<UserView>> {
    Ok(Json(state.accounts.change_me(&ctx, patch).await?))
}

/// Deletes the account.
pub(crate) async fn delete(
    State(state): State<AppState>,
    Member(ctx): Member,
    Body(form): Body<DeletionForm>,
) -> Answer<NoContent> {
    state.accounts.delete_me(&ctx, form).await?;
    Ok(NoContent)
}

/// Changes the password and ends every other session.
pub(crate) async fn change_password(
    State(state): State<AppState>,
    Member(ctx): Member,
    Body(form): Body<PasswordForm>,
) -> Answer<NoContent> {
    state.accounts.change_password(&ctx, form).await?;
    Ok(NoContent)
}

/// What was done to the account, newest first.
pub(crate) async fn activity(
    State(state): State<AppState>,
    Member(ctx): Member,
    Query(page): Query<PageRequest>,
) -> Answer<Json<Page<ActivityView>>> {
    Ok(Json(state.accounts.activity(&ctx, page).await?))
}
