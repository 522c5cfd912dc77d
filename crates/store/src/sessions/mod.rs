//! Sessions: one row for each sign-in. The row is the authority; a token only names it.

pub(crate) mod factors;
pub mod list;
pub mod pending;

pub use factors::Proof;

use crate::error::takes_no_writes;
use crate::{Store, StoreError, Tx, known_devices};
use domain::{Factor, Profile, Role, SessionId, SessionKind, UserId};
use time::OffsetDateTime;

/// A new sign-in.
#[derive(Debug)]
pub struct NewSession<'a> {
    /// UUID v7.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// What carries it.
    pub kind: SessionKind,
    /// Whether its cookie outlives the browser.
    pub persistent: bool,
    /// What its owner has proven.
    pub factors: &'a [Proof],
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// When it ends, used or not.
    pub expires_at: OffsetDateTime,
    /// The client's address.
    pub address: &'a str,
    /// The client's `User-Agent`.
    pub agent: &'a str,
}

/// A session together with what its account says now.
#[derive(Debug, Clone)]
pub struct Session {
    /// UUID v7.
    pub id: SessionId,
    /// Whose.
    pub user: UserId,
    /// What carries it.
    pub kind: SessionKind,
    /// Whether its cookie outlives the browser.
    pub persistent: bool,
    /// What its owner has proven in it, and when.
    pub factors: Vec<Proof>,
    /// When its owner signed in, or last changed the password in it.
    pub authenticated_at: OffsetDateTime,
    /// When it was opened.
    pub created_at: OffsetDateTime,
    /// When it was last used, to the minute.
    pub last_used_at: OffsetDateTime,
    /// When it ends, used or not.
    pub expires_at: OffsetDateTime,
    /// When it was ended by sign-out or a change of password.
    pub ended_at: Option<OffsetDateTime>,
    /// The client's address at the sign-in.
    pub address: String,
    /// The client's `User-Agent` at the sign-in.
    pub agent: String,
    /// The account's address, as typed.
    pub email: String,
    /// Whether that was proven.
    pub email_verified: bool,
    /// The account's display name.
    pub name: Option<String>,
    /// The account's first name.
    pub first_name: Option<String>,
    /// The account's last name.
    pub last_name: Option<String>,
    /// What the account may do.
    pub role: Role,
    /// Whether the account may be used.
    pub is_active: bool,
}

/// A session and its account.
#[derive(Debug, Clone)]
pub struct SessionWithUser {
    /// The session, with what it says of its account.
    pub session: Session,
    /// What the account's owner filled in.
    pub profile: Profile,
    /// When the account was made.
    pub created_at: OffsetDateTime,
    /// When the account last changed.
    pub updated_at: OffsetDateTime,
    /// Whether a standby says so, which may not know yet what has ended.
    pub at_standby: bool,
}

/// A query for sessions with their accounts, whose columns stand here alone; `$rest` goes on behind the joined tables `s`
/// and `u`. `None` for a session of a kind that this program does not know, or of factors that nobody can read.
macro_rules! query_sessions {
    ($rest:tt $($given:tt)*) => {
        $crate::users::query_profile!(
            ["SELECT s.id, s.user_id, s.kind, s.persistent, s.factors::text AS \"factors!\", s.authenticated_at, s.created_at,
                     s.last_used_at, s.expires_at, s.ended_at, s.address, s.agent, u.email, u.email_verified,
                     u.role, u.is_active, u.created_at AS user_created_at, u.updated_at,
                     pg_is_in_recovery() AS \"at_standby!\", "]
            [" FROM users u JOIN sessions s ON s.user_id = u.id " + $rest]
            $($given)*
        )
        .map(|row| {
            let profile = $crate::users::profile_of!(row);
            let session = $crate::sessions::Session {
                id: domain::SessionId(row.id),
                user: domain::UserId(row.user_id),
                kind: $crate::sessions::kind(&row.kind)?,
                persistent: row.persistent,
                factors: $crate::sessions::factors::read(&row.factors, row.authenticated_at)?,
                authenticated_at: row.authenticated_at,
                created_at: row.created_at,
                last_used_at: row.last_used_at,
                expires_at: row.expires_at,
                ended_at: row.ended_at,
                address: row.address,
                agent: row.agent,
                email: row.email,
                email_verified: row.email_verified,
                name: profile.name.clone(),
                first_name: profile.first_name.clone(),
                last_name: profile.last_name.clone(),
                role: $crate::users::role(&row.role),
                is_active: row.is_active,
            };
            Some($crate::sessions::SessionWithUser {
                session,
                profile,
                created_at: row.user_created_at,
                updated_at: row.updated_at,
                at_standby: row.at_standby,
            })
        })
    };
}

pub(crate) use query_sessions;

/// A newer server may write kinds that this one does not know: such a session opens nothing here.
pub(crate) fn kind(word: &str) -> Option<SessionKind> {
    let kinds = [SessionKind::Browser, SessionKind::Bearer, SessionKind::ApiCookie];
    kinds.into_iter().find(|kind| kind.as_str() == word)
}

/// Makes a session.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn insert(tx: &mut Tx, session: &NewSession<'_>) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO sessions (id, user_id, kind, persistent, factors, authenticated_at, created_at, last_used_at,
                               expires_at, address, agent)
         VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7, $8, $9)",
        session.id.0,
        session.user.0,
        session.kind.as_str(),
        session.persistent,
        factors::write(session.factors),
        session.created_at,
        session.expires_at,
        session.address,
        session.agent,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// The session of an id and a kind, with its account: one statement, since every request asks it.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_id(store: &Store, kind: SessionKind, id: SessionId) -> Result<Option<Session>, StoreError> {
    Ok(with_user(store, kind, id).await?.map(|found| found.session))
}

/// The same, with all that its account shows. A primary that has become a standby may not know yet that a session has ended,
/// or that there is one.
///
/// # Errors
/// [`StoreError::ReadOnly`] at a standby; another where the database does not answer.
pub async fn with_user(
    store: &Store,
    kind: SessionKind,
    id: SessionId,
) -> Result<Option<SessionWithUser>, StoreError> {
    let query = query_sessions!("WHERE s.id = $1 AND s.kind = $2", id.0, kind.as_str());
    // On one connection: others may lead to another server, during a failover behind one address.
    let mut connection = store.pool.acquire().await?;
    let found = query.fetch_optional(&mut *connection).await?.flatten();
    let at_standby = match &found {
        Some(found) => found.at_standby,
        None => crate::is_standby(&mut connection).await?,
    };
    if at_standby { Err(StoreError::ReadOnly) } else { Ok(found) }
}

/// The same, its row held as it is until the transaction ends. To be asked once the account is locked, in a
/// statement of its own: one that waits for a lock sees other rows as they were before it waited.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn lock(tx: &mut Tx, kind: SessionKind, id: SessionId) -> Result<Option<Session>, StoreError> {
    let query = query_sessions!("WHERE s.id = $1 AND s.kind = $2 FOR SHARE OF s", id.0, kind.as_str());
    Ok(query.fetch_optional(tx.unchanging()).await?.flatten().map(|found| found.session))
}

/// Stores when a session was last used; says whether it is still alive. Nobody waits until a standby has it too, and where
/// the database takes no writes, what was read a moment ago at a primary holds: reading goes on while nothing can be written.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn touch(store: &Store, id: SessionId, at: OffsetDateTime) -> Result<bool, StoreError> {
    let mut transaction = store.pool.begin_with("BEGIN; SET LOCAL synchronous_commit = off").await?;
    let done =
        sqlx::query!("UPDATE sessions SET last_used_at = $2 WHERE id = $1 AND ended_at IS NULL", id.0, at)
            .execute(&mut *transaction)
            .await;
    match done {
        Err(sqlx::Error::Database(refusal)) if takes_no_writes(refusal.as_ref()) => Ok(true),
        done => {
            let alive = done?.rows_affected() == 1;
            transaction.commit().await?;
            Ok(alive)
        }
    }
}

/// Stores in a transaction when a session was last used.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn note_use(tx: &mut Tx, id: SessionId, at: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!("UPDATE sessions SET last_used_at = $2 WHERE id = $1", id.0, at)
        .execute(tx.unchanging())
        .await?;
    Ok(())
}

/// Stores what the owner of a session has proven in it by now.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn set_factors(
    tx: &mut Tx,
    user: UserId,
    id: SessionId,
    factors: &[Proof],
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE sessions SET factors = $3 WHERE id = $2 AND user_id = $1",
        user.0,
        id.0,
        factors::write(factors)
    )
    .execute(tx.changing(user))
    .await?;
    Ok(())
}

/// Ends a session if it is this account's; says whether it was, and was alive.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn end(tx: &mut Tx, user: UserId, id: SessionId, at: OffsetDateTime) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE sessions SET ended_at = $3 WHERE id = $2 AND user_id = $1 AND ended_at IS NULL",
        user.0,
        id.0,
        at
    )
    .execute(tx.changing(user))
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Ends every session of an account in which this factor was proven, but `kept`; says how many were alive.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn end_others_by(
    tx: &mut Tx,
    user: UserId,
    (factor, kept): (Factor, SessionId),
    at: OffsetDateTime,
) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "UPDATE sessions SET ended_at = $3
         WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL AND jsonb_exists(factors, $4)",
        user.0,
        kept.0,
        at,
        factor.as_str(),
    )
    .execute(tx.changing(user))
    .await?;
    Ok(done.rows_affected())
}

/// Ends every session of an account, the sign-ins that wait and the trust of its browsers; says how many were alive.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn end_all(tx: &mut Tx, user: UserId, at: OffsetDateTime) -> Result<u64, StoreError> {
    pending::end_all(tx, user).await?;
    known_devices::end_trust(tx, user).await?;
    let done =
        sqlx::query!("UPDATE sessions SET ended_at = $2 WHERE user_id = $1 AND ended_at IS NULL", user.0, at)
            .execute(tx.changing(user))
            .await?;
    Ok(done.rows_affected())
}

/// Ends every session of an account but `kept`, the sign-ins that wait and the trust of its browsers; says how many were
/// alive.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn end_others(
    tx: &mut Tx,
    user: UserId,
    kept: SessionId,
    at: OffsetDateTime,
) -> Result<u64, StoreError> {
    pending::end_all(tx, user).await?;
    known_devices::end_trust(tx, user).await?;
    let done = sqlx::query!(
        "UPDATE sessions SET ended_at = $3 WHERE user_id = $1 AND id <> $2 AND ended_at IS NULL",
        user.0,
        kept.0,
        at
    )
    .execute(tx.changing(user))
    .await?;
    Ok(done.rows_affected())
}

/// Deletes rows that can never be used again: ended or past their end before `now`, or a cookie's not used since
/// `idle_before`. Each kind is found by an index of its own, up to `limit` of it, which keeps each statement short however
/// many sessions there are; says how many in all. Call again while that reaches the limit. Whose session's end was told of
/// is not told again.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(
    store: &Store,
    now: OffsetDateTime,
    idle_before: OffsetDateTime,
    limit: i64,
) -> Result<u64, StoreError> {
    let ended = sqlx::query!(
        "DELETE FROM sessions WHERE id = ANY (ARRAY(
            SELECT id FROM sessions WHERE ended_at <= $1 ORDER BY ended_at LIMIT $2 FOR UPDATE SKIP LOCKED))",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    let mut tx = store.begin().await?;
    let expired = sqlx::query_scalar!(
        "DELETE FROM sessions WHERE id = ANY (ARRAY(
            SELECT id FROM sessions WHERE expires_at <= $1 ORDER BY expires_at LIMIT $2 FOR UPDATE SKIP LOCKED))
         RETURNING user_id",
        now,
        limit
    )
    .fetch_all(tx.unchanging())
    .await?;
    let idle = sqlx::query_scalar!(
        "DELETE FROM sessions WHERE id = ANY (ARRAY(
            SELECT id FROM sessions WHERE last_used_at <= $1 AND kind <> 'bearer'
            ORDER BY last_used_at LIMIT $2 FOR UPDATE SKIP LOCKED))
         RETURNING user_id",
        idle_before,
        limit
    )
    .fetch_all(tx.unchanging())
    .await?;
    let untold: Vec<_> = expired.into_iter().chain(idle).map(UserId).collect();
    tx.changed(&untold);
    tx.commit().await?;
    Ok(ended.rows_affected() + untold.len() as u64)
}
