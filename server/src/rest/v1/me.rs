//! The caller's own account.

use crate::AppState;
use crate::rest::caller::Member;
use crate::rest::input::{Json as Body, Query};
use crate::rest::tags::{Changer, Known, Tagged};
use crate::rest::{Answer, NoContent};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::{ActivityView, DeletionForm, Page, PageRequest, PasswordForm, UserPatch, UserView};

/// The account.
#[utoipa::path(
    get,
    path = "/users/me",
    operation_id = "read_me",
    tag = "My account",
    responses(
        (status = 200, description = "The account", body = UserView, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "`If-None-Match` names the version that the account has"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    Member(ctx): Member,
    known: Known,
) -> Answer<Response> {
    Ok(known.or(state.accounts.me(&ctx).await?))
}

/// Changes the fields given.
#[utoipa::path(
    method(put, patch),
    path = "/users/me",
    operation_id = "change_me",
    tag = "My account",
    request_body = UserPatch,
    responses(
        (status = 200, description = "The account as it is now", body = UserView, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "A new address needs a recent sign-in or the current password"),
        (status = 409, description = "Somebody has this address or username"),
        (status = 412, description = "`If-Match` names no version that the account has"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Changer(ctx): Changer,
    Body(patch): Body<UserPatch>,
) -> Answer<Tagged> {
    Ok(Tagged(state.accounts.change_me(&ctx, patch).await?))
}

/// Deletes the account.
#[utoipa::path(
    delete,
    path = "/users/me",
    operation_id = "delete_me",
    tag = "My account",
    request_body = DeletionForm,
    responses(
        (status = 204, description = "The account is gone"),
        (status = 403, description = "This needs a recent sign-in or the current password"),
        (status = 409, description = "Without this account nobody could manage the others"),
        (status = 412, description = "`If-Match` names no version that the account has"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Changer(ctx): Changer,
    Body(form): Body<DeletionForm>,
) -> Answer<NoContent> {
    state.accounts.delete_me(&ctx, form).await?;
    Ok(NoContent)
}

/// Changes the password and ends every other session.
#[utoipa::path(
    post,
    path = "/users/me/password",
    operation_id = "change_password",
    tag = "My account",
    request_body = PasswordForm,
    responses(
        (status = 204, description = "The password is changed"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change_password(
    State(state): State<AppState>,
    Member(ctx): Member,
    Body(form): Body<PasswordForm>,
) -> Answer<NoContent> {
    state.accounts.change_password(&ctx, form).await?;
    Ok(NoContent)
}

/// What was done to the account, newest first.
#[utoipa::path(
    get,
    path = "/users/me/activity",
    operation_id = "list_activity",
    tag = "My account",
    params(PageRequest),
    responses(
        (status = 200, description = "The events", body = Page<ActivityView>),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn activity(
    State(state): State<AppState>,
    Member(ctx): Member,
    Query(page): Query<PageRequest>,
) -> Answer<Json<Page<ActivityView>>> {
    Ok(Json(state.accounts.activity(&ctx, page).await?))
}
