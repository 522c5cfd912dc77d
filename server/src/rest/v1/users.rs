//! Accounts: made by anyone, kept by admins.

use crate::AppState;
use crate::rest::caller::{Anyone, Member};
use crate::rest::input::{Id, Json as Body, Query};
use crate::rest::tags::{Changer, Known, Tagged};
use crate::rest::{Answer, NoContent};
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::{AdminPatch, NewAccount, Page, UserId, UserQuery, UserView};
use http::StatusCode;

/// Makes an account. It opens no session.
#[utoipa::path(
    post,
    path = "/users",
    operation_id = "register",
    tag = "Signing in",
    request_body = NewAccount,
    responses(
        (status = 201, description = "The new account", body = UserView),
        (status = 403, description = "Sign-up is by invitation, or another site sent this"),
        (status = 409, description = "Somebody has this address or username"),
    ),
)]
pub(crate) async fn register(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Body(account): Body<NewAccount>,
) -> Answer<(StatusCode, Json<UserView>)> {
    Ok((StatusCode::CREATED, Json(state.accounts.register(&ctx, account.into()).await?)))
}

/// Accounts, newest first, in pages that stay put while others sign up.
#[utoipa::path(
    get,
    path = "/users",
    operation_id = "list_users",
    tag = "Administration",
    params(UserQuery),
    responses(
        (status = 200, description = "The accounts", body = Page<UserView>),
        (status = 403, description = "The account may not do this"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Member(ctx): Member,
    Query(query): Query<UserQuery>,
) -> Answer<Json<Page<UserView>>> {
    Ok(Json(state.accounts.list_users(&ctx, query).await?))
}

/// One account.
#[utoipa::path(
    get,
    path = "/users/{id}",
    operation_id = "read_user",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The account")),
    responses(
        (status = 200, description = "The account", body = UserView, headers(("ETag" = String, description = "Its version"))),
        (status = 304, description = "`If-None-Match` names the version that the account has"),
        (status = 403, description = "The account may not do this"),
        (status = 404, description = "There is no such account"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
    known: Known,
) -> Answer<Response> {
    Ok(known.or(state.accounts.user(&ctx, UserId(id)).await?))
}

/// Changes the fields given.
#[utoipa::path(
    method(put, patch),
    path = "/users/{id}",
    operation_id = "change_user",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The account")),
    request_body = AdminPatch,
    responses(
        (status = 200, description = "The account as it is now", body = UserView, headers(("ETag" = String, description = "Its version"))),
        (status = 403, description = "The account may not do this, or its own new address needs a recent sign-in"),
        (status = 404, description = "There is no such account"),
        (status = 409, description = "Somebody has this address or username, or nobody else could manage accounts"),
        (status = 412, description = "`If-Match` names no version that the account has"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    Changer(ctx): Changer,
    Id(id): Id,
    Body(patch): Body<AdminPatch>,
) -> Answer<Tagged> {
    Ok(Tagged(state.accounts.change_user(&ctx, UserId(id), patch).await?))
}

/// Deletes an account; the audit trail stays.
#[utoipa::path(
    delete,
    path = "/users/{id}",
    operation_id = "delete_user",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The account")),
    responses(
        (status = 204, description = "The account is gone"),
        (status = 403, description = "The account may not do this, or needs a recent sign-in to delete itself"),
        (status = 404, description = "There is no such account"),
        (status = 409, description = "Without this account nobody could manage the others"),
        (status = 412, description = "`If-Match` names no version that the account has"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    Changer(ctx): Changer,
    Id(id): Id,
) -> Answer<NoContent> {
    state.accounts.delete_user(&ctx, UserId(id)).await?;
    Ok(NoContent)
}

/// Ends every session of an account.
#[utoipa::path(
    delete,
    path = "/users/{id}/sessions",
    operation_id = "end_user_sessions",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The account")),
    responses(
        (status = 204, description = "The sessions have ended"),
        (status = 403, description = "The account may not do this"),
        (status = 404, description = "There is no such account"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn end_sessions(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
) -> Answer<NoContent> {
    state.accounts.end_sessions_of(&ctx, UserId(id)).await?;
    Ok(NoContent)
}
