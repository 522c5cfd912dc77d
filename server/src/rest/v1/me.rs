//! The caller's own account.

use crate::download::Download;
use crate::rest::answer::{Answer, NoContent};
use crate::rest::caller::Member;
use crate::rest::etag::{IfMatch, IfNoneMatch, WithEtag};
use crate::rest::input::{Json as Body, Query};
use crate::rest::sample;
use crate::state::AppState;
use accounts::Export;
use axum::Json;
use axum::extract::State;
use axum::response::Response;
use domain::{
    AccountExport, ActivityView, DeletionForm, Page, PageRequest, PasswordForm, UserPatch, UserView,
};

/// Get your account
#[utoipa::path(
    get,
    path = "/users/me",
    operation_id = "read_me",
    tag = "My account",
    responses(
        (
            status = 200, description = "Your account", body = UserView,
            headers(("ETag" = String, description = "The current version")),
            links(
                ("list_sessions" = (operation_id = "list_sessions")),
                ("delete_me" = (operation_id = "delete_me")),
            ),
        ),
        (status = 304, description = "Not modified: `If-None-Match` matches the current version"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn read(
    State(state): State<AppState>,
    Member(ctx): Member,
    known: IfNoneMatch,
) -> Answer<Response> {
    Ok(known.or_encoded(&*state.accounts.me_encoded(&ctx).await?))
}

/// Update your account
///
/// Changes only the fields you send. A new email address needs a recent sign-in or `current_password`. Where the site
/// counts only confirmed addresses, the answer still shows the old one: the new one counts once it is confirmed.
#[utoipa::path(
    method(put, patch),
    path = "/users/me",
    operation_id = "change_me",
    tag = "My account",
    request_body(content = UserPatch, example = json!({ "name": "Ana Ilves", "bio": "Keeps the harbour light." })),
    responses(
        (status = 200, description = "The updated account", body = UserView, headers(("ETag" = String, description = "The current version"))),
        (status = 403, description = "A new email address needs a recent sign-in or the current password"),
        (status = 409, description = "The email address or username is taken"),
        (status = 412, description = "`If-Match` does not match the current version"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn change(
    State(state): State<AppState>,
    IfMatch(ctx): IfMatch,
    Body(patch): Body<UserPatch>,
) -> Answer<WithEtag> {
    Ok(WithEtag(state.accounts.change_me(&ctx, patch).await?))
}

/// Delete your account
///
/// Needs a recent sign-in or `current_password`. The account closes at once and all its sessions end. For some days
/// (`DELETION_GRACE_DAYS`) you can restore it; then it is deleted with everything in it.
#[utoipa::path(
    delete,
    path = "/users/me",
    operation_id = "delete_me",
    tag = "My account",
    request_body(content = DeletionForm, example = json!({ "current_password": sample::PASSWORD })),
    responses(
        (status = 204, description = "The account has been closed"),
        (status = 403, description = "A recent sign-in or the current password is needed"),
        (status = 409, description = "You are the last admin"),
        (status = 412, description = "`If-Match` does not match the current version"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn delete(
    State(state): State<AppState>,
    IfMatch(ctx): IfMatch,
    Body(form): Body<DeletionForm>,
) -> Answer<NoContent> {
    state.accounts.delete_me(&ctx, form).await?;
    Ok(NoContent)
}

/// Change your password
///
/// Ends all your other sessions.
#[utoipa::path(
    post,
    path = "/users/me/password",
    operation_id = "change_password",
    tag = "My account",
    request_body(
        content = PasswordForm,
        example = json!({ "current_password": sample::PASSWORD, "new_password": "amber lighthouse over fog" }),
    ),
    responses(
        (status = 204, description = "The password has been changed"),
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

/// Export your data
///
/// Everything that is kept about you, as one JSON file. Needs a recent sign-in. The file is sent while it is made: one
/// that is cut off is no JSON.
#[utoipa::path(
    get,
    path = "/users/me/export",
    operation_id = "export_me",
    tag = "My account",
    responses(
        (
            status = 200, description = "Your data", body = AccountExport,
            headers(("Content-Disposition" = String, description = "A file name")),
        ),
        (status = 403, description = "A recent sign-in is needed"),
    ),
    security(("bearer" = [])),
)]
pub(crate) async fn export(State(state): State<AppState>, Member(ctx): Member) -> Answer<Download<Export>> {
    Ok(Download(state.accounts.export(&ctx).await?))
}

/// List your account activity
///
/// Newest first.
#[utoipa::path(
    get,
    path = "/users/me/activity",
    operation_id = "list_activity",
    tag = "My account",
    params(PageRequest),
    responses(
        (status = 200, description = "A page of events", body = Page<ActivityView>, links(
            ("list_activity" = (operation_id = "list_activity", parameters(("cursor" = "$response.body#/next_cursor")))),
        )),
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
