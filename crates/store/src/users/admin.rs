//! Accounts as their owners and admins change, find and delete them.

use crate::users::{Row, User};
use crate::{Store, StoreError, Tx};
use domain::{Name, ProfileChange, Role, UserFilter, UserId, Username};
use time::OffsetDateTime;

/// What is to change of an account.
#[derive(Debug)]
pub struct Update<'a> {
    /// The profile fields.
    pub profile: &'a ProfileChange,
    /// The unique form of a username that is set.
    pub username_canonical: Option<&'a str>,
    /// A new address, as typed and in its unique form. Nobody has proven it yet.
    pub email: Option<(&'a str, &'a str)>,
    /// What the person may do.
    pub role: Option<Role>,
    /// Whether the account may be used.
    pub is_active: Option<bool>,
    /// When.
    pub at: OffsetDateTime,
}

/// Locks every active admin who can sign in, always in the same order, until the transaction ends; those who were
/// one when it was this transaction's turn. Sign-ins that begin in the meantime wait for it. An imported account
/// may have no password: such an admin manages nothing.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock_active_admins(tx: &mut Tx) -> Result<Vec<UserId>, StoreError> {
    let ids = sqlx::query_scalar!(
        "SELECT id FROM users WHERE role = 'admin' AND is_active AND password_hash IS NOT NULL
         ORDER BY id FOR NO KEY UPDATE"
    )
    .fetch_all(tx.changing())
    .await?;
    Ok(ids.into_iter().map(UserId).collect())
}

/// The account of an id, its row locked until the transaction ends.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<User>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, email, email_verified, username, name, first_name, last_name, bio, role, is_active,
                password_hash, created_at, updated_at
         FROM users WHERE id = $1 FOR UPDATE",
        id.0
    )
    .fetch_optional(tx.changing())
    .await?;
    Ok(row.map(User::from))
}

/// Changes what is given and returns the account as it then is.
///
/// # Errors
/// [`StoreError::Taken`] where the address or the username is somebody's.
pub async fn update(tx: &mut Tx, id: UserId, update: &Update<'_>) -> Result<Option<User>, StoreError> {
    let (set_name, name) = update.profile.name.as_update();
    let (set_first, first) = update.profile.first_name.as_update();
    let (set_last, last) = update.profile.last_name.as_update();
    let (set_username, username) = update.profile.username.as_update();
    let (set_bio, bio) = update.profile.bio.as_update();
    let row = sqlx::query_as!(
        Row,
        "UPDATE users SET
            name = CASE WHEN $2 THEN $3 ELSE name END,
            first_name = CASE WHEN $4 THEN $5 ELSE first_name END,
            last_name = CASE WHEN $6 THEN $7 ELSE last_name END,
            username = CASE WHEN $8 THEN $9 ELSE username END,
            username_canonical = CASE WHEN $8 THEN $10 ELSE username_canonical END,
            bio = CASE WHEN $11 THEN $12 ELSE bio END,
            email = coalesce($13, email),
            email_canonical = coalesce($14, email_canonical),
            email_verified = email_verified AND $13::text IS NULL,
            role = coalesce($15, role),
            is_active = coalesce($16, is_active),
            updated_at = $17
         WHERE id = $1
         RETURNING id, email, email_verified, username, name, first_name, last_name, bio, role, is_active,
                   password_hash, created_at, updated_at",
        id.0,
        set_name,
        name.map(Name::as_str),
        set_first,
        first.map(Name::as_str),
        set_last,
        last.map(Name::as_str),
        set_username,
        username.map(Username::as_str),
        update.username_canonical,
        set_bio,
        bio.map(Name::as_str),
        update.email.map(|(typed, _)| typed),
        update.email.map(|(_, canonical)| canonical),
        update.role.map(Role::as_str),
        update.is_active,
        update.at,
    )
    .fetch_optional(tx.changing())
    .await?;
    Ok(row.map(User::from))
}

/// Deletes an account and its sessions; says whether it was there.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<bool, StoreError> {
    let done = sqlx::query!("DELETE FROM users WHERE id = $1", id.0).execute(tx.changing()).await?;
    Ok(done.rows_affected() == 1)
}

/// The accounts that are asked for, the newest first, with one more than the page shows.
///
/// The term is looked for with `strpos`: it knows no wildcards, and a long term costs no more than a short
/// one, where LIKE took six times as long.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn list(store: &Store, filter: &UserFilter) -> Result<Vec<User>, StoreError> {
    let rows = sqlx::query_as!(
        Row,
        "SELECT id, email, email_verified, username, name, first_name, last_name, bio, role, is_active,
                password_hash, created_at, updated_at
         FROM users
         WHERE ($2::uuid IS NULL OR id < $2) AND ($3::text IS NULL OR strpos(search, lower($3)) > 0)
           AND ($4::text IS NULL OR role = $4) AND ($5::boolean IS NULL OR is_active = $5)
         ORDER BY id DESC LIMIT $1",
        filter.span.rows_to_read(),
        filter.span.after,
        filter.term.as_deref(),
        filter.role.map(Role::as_str),
        filter.is_active,
    )
    .fetch_all(&store.pool)
    .await?;
    Ok(rows.into_iter().map(User::from).collect())
}
