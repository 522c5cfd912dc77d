//! Accounts.

pub mod admin;
pub mod closing;
pub mod hashes;
pub mod list;

use crate::{Store, StoreError, Tx};
use domain::{Profile, Role, UserId};
use time::OffsetDateTime;

/// One account. No `Debug`: it holds a password hash.
#[derive(Clone)]
pub struct User {
    /// UUID v7.
    pub id: UserId,
    /// As typed.
    pub email: String,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// What the person filled in.
    pub profile: Profile,
    /// What the person may do.
    pub role: Role,
    /// Whether the account may be used.
    pub is_active: bool,
    /// When it ends, where its owner has deleted it.
    pub closes_at: Option<OffsetDateTime>,
    /// Why an admin has disabled it, where they said so.
    pub disabled_reason: Option<String>,
    /// A PHC string; none where no password was ever set.
    pub password_hash: Option<String>,
    /// When the account was made.
    pub created_at: OffsetDateTime,
    /// When the account last changed.
    pub updated_at: OffsetDateTime,
}

/// A query for the profile's columns, which stand here alone: between the brackets, what stands before and behind them.
macro_rules! query_profile {
    ([$($before:tt)+] [$($after:tt)+] $($given:tt)*) => {
        sqlx::query!(
            $($before)+
            + "username, name, first_name, last_name, bio"
            + $($after)+ $($given)*
        )
    };
}

/// What a row of [`query_profile`] holds.
macro_rules! profile_of {
    ($row:ident) => {
        domain::Profile {
            username: $row.username,
            name: $row.name,
            first_name: $row.first_name,
            last_name: $row.last_name,
            bio: $row.bio,
        }
    };
}

/// A query for the columns of an account: between the brackets, what stands before and behind them.
macro_rules! query_user_row {
    ([$($before:tt)+] [$($after:tt)+] $($given:tt)*) => {
        $crate::users::query_profile!(
            [$($before)+ + "id, email, email_verified, "]
            [", role, is_active, closes_at, disabled_reason, password_hash, created_at, updated_at " + $($after)+]
            $($given)*
        )
    };
}

/// The account in a row of [`query_user_row`].
macro_rules! user_of {
    ($row:ident) => {{
        let profile = $crate::users::profile_of!($row);
        $crate::users::User {
            id: domain::UserId($row.id),
            email: $row.email,
            email_verified: $row.email_verified,
            profile,
            role: $crate::users::role(&$row.role),
            is_active: $row.is_active,
            closes_at: $row.closes_at.filter(|_| !$row.is_active),
            disabled_reason: $row.disabled_reason.filter(|_| !$row.is_active),
            password_hash: $row.password_hash,
            created_at: $row.created_at,
            updated_at: $row.updated_at,
        }
    }};
}

/// A query for accounts, from the words before their columns to those behind.
macro_rules! query_user {
    ($before:literal, $after:literal $($given:tt)*) => {
        $crate::users::query_user_row!([$before] [$after] $($given)*).map(|row| $crate::users::user_of!(row))
    };
}

pub(crate) use {profile_of, query_profile, query_user, query_user_row, user_of};

/// A CHECK allows two words; any other would be read as the lesser right.
pub(crate) fn role(word: &str) -> Role {
    if word == Role::Admin.as_str() { Role::Admin } else { Role::User }
}

/// The account of a canonical email address.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_email(store: &Store, canonical: &str) -> Result<Option<User>, StoreError> {
    let query = query_user!("SELECT ", "FROM users WHERE email_canonical = $1", canonical);
    Ok(query.fetch_optional(&store.pool).await?)
}

/// The same within a transaction.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_email_in(tx: &mut Tx, canonical: &str) -> Result<Option<User>, StoreError> {
    let query = query_user!("SELECT ", "FROM users WHERE email_canonical = $1", canonical);
    Ok(query.fetch_optional(tx.unchanging()).await?)
}

/// The account of a canonical username.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_username(store: &Store, canonical: &str) -> Result<Option<User>, StoreError> {
    let query = query_user!("SELECT ", "FROM users WHERE username_canonical = $1", canonical);
    Ok(query.fetch_optional(&store.pool).await?)
}

/// The account of an id.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_id(store: &Store, id: UserId) -> Result<Option<User>, StoreError> {
    let query = query_user!("SELECT ", "FROM users WHERE id = $1", id.0);
    Ok(query.fetch_optional(&store.pool).await?)
}

/// The account of an id, its row locked until the transaction ends.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock(tx: &mut Tx, id: UserId) -> Result<Option<User>, StoreError> {
    let query = query_user!("SELECT ", "FROM users WHERE id = $1 FOR UPDATE", id.0);
    Ok(query.fetch_optional(tx.unchanging()).await?)
}

/// The password hash of an account that may be used, or that closes later than `closing_after`, its row locked until the
/// transaction ends: a change of password decides on what it locked.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock_password_hash(
    tx: &mut Tx,
    id: UserId,
    closing_after: Option<OffsetDateTime>,
) -> Result<Option<String>, StoreError> {
    let hash = sqlx::query_scalar!(
        "SELECT password_hash FROM users WHERE id = $1 AND (is_active OR closes_at > $2) FOR UPDATE",
        id.0,
        closing_after
    )
    .fetch_optional(tx.unchanging())
    .await?;
    Ok(hash.flatten())
}

/// A new account. No `Debug`: it holds a password hash.
pub struct NewUser<'a> {
    /// UUID v7.
    pub id: UserId,
    /// As typed.
    pub email: &'a str,
    /// The unique form.
    pub email_canonical: &'a str,
    /// The unique form of the username.
    pub username_canonical: Option<&'a str>,
    /// What the person filled in.
    pub profile: &'a Profile,
    /// What the person may do.
    pub role: Role,
    /// A PHC string.
    pub password_hash: &'a str,
    /// Of the form that makes it.
    pub sign_up_hash: Option<&'a [u8]>,
    /// When.
    pub at: OffsetDateTime,
}

/// Makes an account, and returns it.
///
/// # Errors
/// [`StoreError::Taken`] where the address or the username is somebody's.
pub async fn insert(tx: &mut Tx, user: &NewUser<'_>) -> Result<User, StoreError> {
    let query = query_user!(
        "INSERT INTO users (id, email, email_canonical, username_canonical, role, password_hash, created_at, updated_at,
                            sign_up_hash,
                            username, name, first_name, last_name, bio)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $7,
                 $8,
                 $9, $10, $11, $12, $13)
         RETURNING ",
        "",
        user.id.0,
        user.email,
        user.email_canonical,
        user.username_canonical,
        user.role.as_str(),
        user.password_hash,
        user.at,
        user.sign_up_hash,
        user.profile.username,
        user.profile.name,
        user.profile.first_name,
        user.profile.last_name,
        user.profile.bio,
    );
    // No cache holds an account that is new.
    Ok(query.fetch_one(tx.unchanging()).await?)
}

/// A change of an account.
#[derive(Debug)]
pub struct Update<'a> {
    /// What the person filled in.
    pub profile: &'a Profile,
    /// The unique form of the username. One that stays as typed keeps the form it has.
    pub username_canonical: Option<&'a str>,
    /// A new address, as typed and in its unique form. Nobody has proven it yet.
    pub email: Option<(&'a str, &'a str)>,
    /// Another role.
    pub role: Option<Role>,
    /// Whether the account may be used, if that changes; it closes no longer then.
    pub is_active: Option<bool>,
    /// Why it may not be used any more.
    pub disabled_reason: Option<&'a str>,
    /// When.
    pub at: OffsetDateTime,
}

/// Changes an account, whose row must be locked, and returns it as it then is.
///
/// # Errors
/// [`StoreError::Taken`] where the address or the username is somebody's.
pub async fn update(tx: &mut Tx, id: UserId, update: &Update<'_>) -> Result<Option<User>, StoreError> {
    let query = query_user!(
        "UPDATE users SET
            email = coalesce($2, email),
            email_canonical = coalesce($3, email_canonical),
            email_verified = email_verified AND $2::text IS NULL,
            was_proven = was_proven OR (email_verified AND $2::text IS NOT NULL),
            role = coalesce($4, role),
            is_active = coalesce($5, is_active),
            closes_at = CASE WHEN $5 IS NULL THEN closes_at END,
            disabled_reason = CASE WHEN $5 IS NULL THEN disabled_reason ELSE $13 END,
            updated_at = $6,
            username_canonical = CASE WHEN username IS DISTINCT FROM $8 THEN $7 ELSE username_canonical END,
            username = $8,
            name = $9,
            first_name = $10,
            last_name = $11,
            bio = $12
         WHERE id = $1
         RETURNING ",
        "",
        id.0,
        update.email.map(|(typed, _)| typed),
        update.email.map(|(_, canonical)| canonical),
        update.role.map(Role::as_str),
        update.is_active,
        update.at,
        update.username_canonical,
        update.profile.username,
        update.profile.name,
        update.profile.first_name,
        update.profile.last_name,
        update.profile.bio,
        update.disabled_reason,
    );
    Ok(query.fetch_optional(tx.changing(id)).await?)
}

/// Deletes an account and its sessions; says whether it was there.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn delete(tx: &mut Tx, id: UserId) -> Result<bool, StoreError> {
    let done = sqlx::query!("DELETE FROM users WHERE id = $1", id.0).execute(tx.changing(id)).await?;
    Ok(done.rows_affected() == 1)
}

/// Whether somebody other than `except` has this canonical username.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn username_is_taken(tx: &mut Tx, canonical: &str, except: UserId) -> Result<bool, StoreError> {
    let taken = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM users WHERE username_canonical = $1 AND id <> $2) AS "taken!""#,
        canonical,
        except.0
    )
    .fetch_one(tx.unchanging())
    .await?;
    Ok(taken)
}

/// Whether somebody other than `except` has this canonical address.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn email_is_taken(tx: &mut Tx, canonical: &str, except: UserId) -> Result<bool, StoreError> {
    let taken = sqlx::query_scalar!(
        r#"SELECT EXISTS (SELECT FROM users WHERE email_canonical = $1 AND id <> $2) AS "taken!""#,
        canonical,
        except.0
    )
    .fetch_one(tx.unchanging())
    .await?;
    Ok(taken)
}

/// Replaces the password hash.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn set_password_hash(
    tx: &mut Tx,
    id: UserId,
    hash: &str,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE users SET password_hash = $2, sign_up_hash = NULL, updated_at = $3 WHERE id = $1",
        id.0,
        hash,
        at
    )
    .execute(tx.changing(id))
    .await?;
    Ok(())
}

/// Takes the password away: nothing signs in until a new one is set.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn clear_password_hash(tx: &mut Tx, id: UserId, at: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!("UPDATE users SET password_hash = NULL, updated_at = $2 WHERE id = $1", id.0, at)
        .execute(tx.changing(id))
        .await?;
    Ok(())
}

/// Gives the account another address, as typed and in its unique form, which was proven.
///
/// # Errors
/// [`StoreError::Taken`] where the address is somebody's.
pub async fn set_proven_email(
    tx: &mut Tx,
    id: UserId,
    email: (&str, &str),
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE users SET email = $2, email_canonical = $3, email_verified = true, updated_at = $4 WHERE id = $1",
        id.0,
        email.0,
        email.1,
        at
    )
    .execute(tx.changing(id))
    .await?;
    Ok(())
}

/// Whether an account had an address that was proven, before the one that it has.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn was_proven(tx: &mut Tx, id: UserId) -> Result<bool, StoreError> {
    let query =
        sqlx::query_scalar!(r#"SELECT was_proven IS TRUE AS "proven!" FROM users WHERE id = $1"#, id.0);
    Ok(query.fetch_one(tx.unchanging()).await?)
}

/// Notes that the account's address was proven.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn set_email_verified(tx: &mut Tx, id: UserId, at: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE users SET email_verified = true, updated_at = $2 WHERE id = $1 AND NOT email_verified",
        id.0,
        at
    )
    .execute(tx.changing(id))
    .await?;
    Ok(())
}

/// Replaces the hash `old` of the same password by a stronger one; a password that was changed in
/// the meantime stays. `updated_at` stays too: the account did not change.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn rehash(tx: &mut Tx, id: UserId, old: &str, new: &str) -> Result<(), StoreError> {
    sqlx::query!("UPDATE users SET password_hash = $3 WHERE id = $1 AND password_hash = $2", id.0, old, new)
        .execute(tx.changing(id))
        .await?;
    Ok(())
}

/// Whether any account may manage others.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn admin_exists(store: &Store) -> Result<bool, StoreError> {
    let exists = sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT FROM users WHERE role = 'admin' AND is_active AND password_hash IS NOT NULL) AS "exists!""#
    )
    .fetch_one(&store.pool)
    .await?;
    Ok(exists)
}

/// Whether the account of a canonical address was made by this form after `since`, and has the form's password still.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn was_made_by(
    store: &Store,
    canonical: &str,
    sign_up_hash: &[u8],
    since: OffsetDateTime,
) -> Result<bool, StoreError> {
    let made = sqlx::query_scalar!(
        r#"SELECT EXISTS (
            SELECT FROM users WHERE email_canonical = $1 AND sign_up_hash = $2 AND created_at >= $3) AS "made!""#,
        canonical,
        sign_up_hash,
        since
    )
    .fetch_one(&store.pool)
    .await?;
    Ok(made)
}
