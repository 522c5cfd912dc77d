//! Accounts: made by anyone, kept by admins.

use crate::rest::answer::{Accepted, Answer, NoContent};
use crate::rest::caller::{Anyone, Member};
use crate::rest::etag::{IfMatch, IfNoneMatch, WithEtag};
use crate::rest::input::{Id, Json as Body, Query};
use crate::rest::sample;
use crate::state::AppState;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::{AdminPatch, FactorsClearing, NewAccount, TwoWayPage, UserId, UserQuery, UserView};
use http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;

/// What is answered where a mail decides: the same for every address.
#[derive(Serialize, ToSchema)]
pub(crate) struct MailSent {
    /// What to do now.
    detail: &'static str,
}

/// Create an account
///
/// Does not sign in. Where an email address must be proven first (`SIGNUP=verify`), the answer is always 202 and the
/// account is created when the link or code in the email is used.
#[utoipa::path(
    post,
    path = "/users",
    operation_id = "register",
    tag = "Signing in",
    request_body(
        content = NewAccount,
        example = json!({ "email": "ana@example.com", "password": sample::PASSWORD, "name": "Ana Ilves" }),
    ),
    responses(
        (status = 201, description = "The new account", body = UserView, links(
            ("login" = (operation_id = "login", request_body = json!({
                "email": "$request.body#/email", "password": "$request.body#/password",
            }))),
            ("read_user" = (operation_id = "read_user", parameters(("id" = "$response.body#/id")))),
            ("change_user" = (operation_id = "change_user", parameters(("id" = "$response.body#/id")))),
            ("end_user_sessions" = (operation_id = "end_user_sessions", parameters(("id" = "$response.body#/id")))),
            ("delete_user" = (operation_id = "delete_user", parameters(("id" = "$response.body#/id")))),
        )),
        (status = 202, description = "An email says how to go on. The answer is the same for every address", body = MailSent),
        (status = 403, description = "Sign-up is closed, or the request came from another site"),
        (status = 409, description = "The email address or username is taken"),
    ),
)]
pub(crate) async fn register(
    State(state): State<AppState>,
    Anyone(ctx): Anyone,
    Body(account): Body<NewAccount>,
) -> Answer<Response> {
    Ok(match state.accounts.register(&ctx, account.into()).await? {
        Some(user) => (StatusCode::CREATED, Json(user)).into_response(),
        None => (StatusCode::ACCEPTED, Json(MailSent { detail: words::register::sent() })).into_response(),
    })
}

/// List users
///
/// Newest first, unless `sort` says otherwise. Pages stay stable while people sign up.
#[utoipa::path(
    get,
    path = "/users",
    operation_id = "list_users",
    tag = "Administration",
    params(UserQuery),
    responses(
        (status = 200, description = "A page of users", body = TwoWayPage<UserView>, links(
            ("list_users" = (operation_id = "list_users", parameters(("cursor" = "$response.body#/next_cursor")))),
            ("read_user" = (operation_id = "read_user", parameters(("id" = "$response.body#/items/0/id")))),
        )),
        (status = 403, description = "You are not an admin"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn list(
    State(state): State<AppState>,
    Member(ctx): Member,
    Query(query): Query<UserQuery>,
) -> Answer<Json<TwoWayPage<UserView>>> {
    Ok(Json(state.accounts.list_users(&ctx, query).await?))
}

/// Get a user
#[utoipa::path(
    get,
    path = "/users/{id}",
    operation_id = "read_user",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The user's ID")),
    responses(
        (status = 200, description = "The user", body = UserView, headers(("ETag" = String, description = "The current version"))),
        (status = 304, description = "Not modified: `If-None-Match` matches the current version"),
        (status = 403, description = "You are not an admin"),
        (status = 404, description = "User not found"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
    known: IfNoneMatch,
) -> Answer<Response> {
    Ok(known.or(state.accounts.user(&ctx, UserId(id)).await?))
}

/// Update a user
///
/// Changes only the fields you send. Changing the role or disabling the account ends all of the user's sessions. Another
/// role or email address, and disabling or enabling the account, need a recent sign-in. The email address of another admin
/// cannot be changed: take the role first.
#[utoipa::path(
    method(put, patch),
    path = "/users/{id}",
    operation_id = "change_user",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The user's ID")),
    request_body(content = AdminPatch, example = json!({ "is_active": true, "bio": null })),
    responses(
        (status = 200, description = "The updated user", body = UserView, headers(("ETag" = String, description = "The current version"))),
        (status = 403, description = "You are not an admin, the email address is another admin's, or a recent sign-in is needed"),
        (status = 404, description = "User not found"),
        (status = 409, description = "The email address or username is taken, or this is the last admin"),
        (status = 412, description = "`If-Match` does not match the current version"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    IfMatch(ctx): IfMatch,
    Id(id): Id,
    Body(patch): Body<AdminPatch>,
) -> Answer<WithEtag> {
    Ok(WithEtag(state.accounts.change_user(&ctx, UserId(id), patch).await?))
}

/// Delete a user
///
/// The audit log is kept. Needs a recent sign-in.
#[utoipa::path(
    delete,
    path = "/users/{id}",
    operation_id = "delete_user",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The user's ID")),
    responses(
        (status = 204, description = "The user has been deleted"),
        (status = 403, description = "You are not an admin, or a recent sign-in is needed"),
        (status = 404, description = "User not found"),
        (status = 409, description = "This is the last admin"),
        (status = 412, description = "`If-Match` does not match the current version"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    IfMatch(ctx): IfMatch,
    Id(id): Id,
) -> Answer<NoContent> {
    state.accounts.delete_user(&ctx, UserId(id)).await?;
    Ok(NoContent)
}

/// End all of a user's sessions
#[utoipa::path(
    delete,
    path = "/users/{id}/sessions",
    operation_id = "end_user_sessions",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The user's ID")),
    responses(
        (status = 204, description = "The sessions have ended"),
        (status = 403, description = "You are not an admin"),
        (status = 404, description = "User not found"),
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

/// Clear a user's second factors
///
/// For somebody who has lost them. Removes every second factor and all recovery codes, and ends all of the user's
/// sessions; the user gets an email. Needs a recent sign-in. Your own are at `/users/me/factors`, and an admin's are not
/// cleared: take the role first.
#[utoipa::path(
    delete,
    path = "/users/{id}/factors",
    operation_id = "clear_user_factors",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The user's ID")),
    request_body(content = FactorsClearing, example = json!({ "reason": "Lost their phone; known by voice" })),
    responses(
        (status = 204, description = "The user has no second factor"),
        (status = 403, description = "You are not an admin, the user is one, or a recent sign-in is needed"),
        (status = 404, description = "User not found"),
        (status = 409, description = "This is your own account, or the user could not sign in any more"),
        (status = 412, description = "`If-Match` does not match the current version"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn clear_factors(
    State(state): State<AppState>,
    IfMatch(ctx): IfMatch,
    Id(id): Id,
    Body(form): Body<FactorsClearing>,
) -> Answer<NoContent> {
    state.accounts.clear_factors(&ctx, UserId(id), form).await?;
    Ok(NoContent)
}

/// Send a user a password reset
///
/// Sends the user the email that they would get if they had forgotten their password. A disabled account gets none.
#[utoipa::path(
    post,
    path = "/users/{id}/password-reset",
    operation_id = "send_password_reset",
    tag = "Administration",
    params(("id" = UserId, Path, description = "The user's ID")),
    responses(
        (status = 202, description = "The email is on its way"),
        (status = 403, description = "You are not an admin"),
        (status = 404, description = "User not found"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn send_password_reset(
    State(state): State<AppState>,
    Member(ctx): Member,
    Id(id): Id,
) -> Answer<Accepted> {
    state.accounts.send_password_reset(&ctx, UserId(id)).await?;
    Ok(Accepted)
}
