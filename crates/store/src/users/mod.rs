//! Accounts.

pub mod admin;
pub mod hashes;

use crate::{Store, StoreError, Tx};
use domain::{Role, UserId};
use time::OffsetDateTime;
use uuid::Uuid;

/// One account. No `Debug`: it holds a password hash.
#[derive(Clone)]
pub struct User {
    /// UUID v7.
    pub id: UserId,
    /// As typed.
    pub email: String,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// As typed.
    pub username: Option<String>,
    /// The display name.
    pub name: Option<String>,
    /// The first name.
    pub first_name: Option<String>,
    /// The last name.
    pub last_name: Option<String>,
    /// A few lines about oneself.
    pub bio: Option<String>,
    /// What the person may do.
    pub role: Role,
    /// Whether the account may be used.
    pub is_active: bool,
    /// A PHC string; none where no password was ever set.
    pub password_hash: Option<String>,
    /// When the account was made.
    pub created_at: OffsetDateTime,
    /// When the account last changed.
    pub updated_at: OffsetDateTime,
}

pub(crate) struct Row {
    pub(crate) id: Uuid,
    pub(crate) email: String,
    pub(crate) email_verified: bool,
    pub(crate) username: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) first_name: Option<String>,
    pub(crate) last_name: Option<String>,
    pub(crate) bio: Option<String>,
    pub(crate) role: String,
    pub(crate) is_active: bool,
    pub(crate) password_hash: Option<String>,
    pub(crate) created_at: OffsetDateTime,
    pub(crate) updated_at: OffsetDateTime,
}

impl From<Row> for User {
    fn from(row: Row) -> Self {
        Self {
            id: UserId(row.id),
            email: row.email,
            email_verified: row.email_verified,
            username: row.username,
            name: row.name,
            first_name: row.first_name,
            last_name: row.last_name,
            bio: row.bio,
            role: role(&row.role),
            is_active: row.is_active,
            password_hash: row.password_hash,
            created_at: row.created_at,
            updated_at: row.updated_at,
        }
    }
}

/// A CHECK allows two words; anything else would be the lesser right.
pub(crate) fn role(word: &str) -> Role {
    if word == Role::Admin.as_str() { Role::Admin } else { Role::User }
}

/// The account of a canonical email address.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_email(store: &Store, canonical: &str) -> Result<Option<User>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, email, email_verified, username, name, first_name, last_name, bio, role, is_active,
                password_hash, created_at, updated_at
         FROM users WHERE email_canonical = $1",
        canonical
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(row.map(User::from))
}

/// The account of a canonical username.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_username(store: &Store, canonical: &str) -> Result<Option<User>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, email, email_verified, username, name, first_name, last_name, bio, role, is_active,
                password_hash, created_at, updated_at
         FROM users WHERE username_canonical = $1",
        canonical
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(row.map(User::from))
}

/// The account of an id.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_id(store: &Store, id: UserId) -> Result<Option<User>, StoreError> {
    let row = sqlx::query_as!(
        Row,
        "SELECT id, email, email_verified, username, name, first_name, last_name, bio, role, is_active,
                password_hash, created_at, updated_at
         FROM users WHERE id = $1",
        id.0
    )
    .fetch_optional(&store.pool)
    .await?;
    Ok(row.map(User::from))
}

/// The password hash of an account that may be used, its row locked until the transaction ends: a
/// change of password decides on what it locked.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock_password_hash(tx: &mut Tx, id: UserId) -> Result<Option<String>, StoreError> {
    let hash =
        sqlx::query_scalar!("SELECT password_hash FROM users WHERE id = $1 AND is_active FOR UPDATE", id.0)
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
    /// As typed.
    pub username: Option<&'a str>,
    /// The unique form.
    pub username_canonical: Option<&'a str>,
    /// The display name.
    pub name: Option<&'a str>,
    /// The first name.
    pub first_name: Option<&'a str>,
    /// The last name.
    pub last_name: Option<&'a str>,
    /// What the person may do.
    pub role: Role,
    /// A PHC string.
    pub password_hash: &'a str,
    /// When.
    pub at: OffsetDateTime,
}

/// Makes an account.
///
/// # Errors
/// [`StoreError::Taken`] where the address or the username is somebody's.
pub async fn insert(tx: &mut Tx, user: &NewUser<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO users (id, email, email_canonical, username, username_canonical, name, first_name,
                            last_name, role, password_hash, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $11)",
        user.id.0,
        user.email,
        user.email_canonical,
        user.username,
        user.username_canonical,
        user.name,
        user.first_name,
        user.last_name,
        user.role.as_str(),
        user.password_hash,
        user.at,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
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
    sqlx::query!("UPDATE users SET password_hash = $2, updated_at = $3 WHERE id = $1", id.0, hash, at)
        .execute(tx.changing())
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
        .execute(tx.unchanging())
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
