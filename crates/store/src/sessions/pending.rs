//! Sign-ins that wait for their second factor, each named by a token of which only the hash is here.

use super::{Proof, factors, kind};
use crate::{Store, StoreError, TokenHash, Tx};
use domain::{SessionKind, UserId};
use time::OffsetDateTime;

/// What is remembered of a sign-in beside its secrets.
pub const REMEMBERED: &[&str] = &[
    "user_id",
    "kind",
    "persistent",
    "known",
    "restores",
    "next",
    "factors",
    "tries",
    "is_news",
    "agent",
    "address",
    "created_at",
    "expires_at",
];

/// A sign-in that waits. No `Debug`: it names counts of the throttle.
#[expect(clippy::struct_excessive_bools, reason = "a row, each of whose columns says a thing of its own")]
pub struct PendingSignIn {
    /// Whose.
    pub user: UserId,
    /// What will carry the session.
    pub kind: SessionKind,
    /// Whether the session outlives the browser.
    pub persistent: bool,
    /// Whether a program wants to be a known device.
    pub known: bool,
    /// Whether an account that closes is restored.
    pub restores: bool,
    /// Where to go afterwards.
    pub next: String,
    /// What was proven so far.
    pub factors: Vec<Proof>,
    /// Of the password as it was then: whoever changes it ends what waits.
    pub password_digest: Vec<u8>,
    /// The throttle's counts that its success forgives.
    pub forgives: Vec<Vec<u8>>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
    /// Whether the owner may not know that their password was used.
    pub is_news: bool,
    /// Who began it.
    pub begun_by: BegunBy,
}

/// A sign-in that ended without its second step.
#[derive(Debug)]
pub struct Missed {
    /// When it began.
    pub at: OffsetDateTime,
    /// Who began it.
    pub by: BegunBy,
    /// Of the password as it was then.
    pub password_digest: Vec<u8>,
}

/// A client that began a sign-in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BegunBy {
    /// Its `User-Agent`, shortened.
    pub agent: String,
    /// Its address.
    pub address: String,
}

/// Writes down that a sign-in waits.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn insert(
    tx: &mut Tx,
    token: &TokenHash,
    pending: &PendingSignIn,
    at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "INSERT INTO pending_sign_ins (token_hash, user_id, kind, persistent, known, restores, next, factors,
                                       password_digest, forgives, tries, created_at, expires_at,
                                       is_news, agent, address)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, $11, $12, $13, $14, $15)",
        token.bytes(),
        pending.user.0,
        pending.kind.as_str(),
        pending.persistent,
        pending.known,
        pending.restores,
        pending.next,
        factors::write(&pending.factors),
        pending.password_digest,
        &pending.forgives,
        at,
        pending.expires_at,
        pending.is_news,
        pending.begun_by.agent,
        pending.begun_by.address,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Counts a try, for good; says whether there was one left, and something waits.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn count_try(
    store: &Store,
    token: &TokenHash,
    most: i32,
    now: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE pending_sign_ins SET tries = tries + 1 WHERE token_hash = $1 AND expires_at > $2 AND tries < $3",
        token.bytes(),
        now,
        most,
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected() == 1)
}

/// What waits under a token. To be asked once the account is locked.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn find(
    tx: &mut Tx,
    token: &TokenHash,
    now: OffsetDateTime,
) -> Result<Option<PendingSignIn>, StoreError> {
    let query = sqlx::query!(
        r#"SELECT user_id, kind, persistent, known, restores, next, factors::text AS "factors!", password_digest, forgives,
                  created_at, expires_at, is_news, agent, address
           FROM pending_sign_ins WHERE token_hash = $1 AND expires_at > $2"#,
        token.bytes(),
        now,
    );
    let Some(row) = query.fetch_optional(tx.unchanging()).await? else { return Ok(None) };
    let (Some(kind), Some(factors)) = (kind(&row.kind), factors::read(&row.factors, row.created_at)) else {
        return Ok(None);
    };
    Ok(Some(PendingSignIn {
        user: UserId(row.user_id),
        kind,
        persistent: row.persistent,
        known: row.known,
        restores: row.restores,
        next: row.next,
        factors,
        password_digest: row.password_digest,
        forgives: row.forgives,
        expires_at: row.expires_at,
        is_news: row.is_news,
        begun_by: BegunBy { agent: row.agent, address: row.address },
    }))
}

/// Ends what waits under a token; says whether it did.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn end(tx: &mut Tx, token: &TokenHash) -> Result<bool, StoreError> {
    let done = sqlx::query!("DELETE FROM pending_sign_ins WHERE token_hash = $1", token.bytes())
        .execute(tx.unchanging())
        .await?;
    Ok(done.rows_affected() == 1)
}

/// From now on nothing waits under a token; its row stays for the sweep.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn expire(store: &Store, token: &TokenHash, now: OffsetDateTime) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE pending_sign_ins SET expires_at = least(expires_at, $2) WHERE token_hash = $1",
        token.bytes(),
        now
    )
    .execute(&store.pool)
    .await?;
    Ok(())
}

/// What else a client began of an account is no news.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn told_of(tx: &mut Tx, user: UserId, client: &BegunBy) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE pending_sign_ins SET is_news = false WHERE user_id = $1 AND agent = $2 AND address = $3",
        user.0,
        client.agent,
        client.address,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// The next account after `after` whose owner is to be told that a sign-in of theirs ended unused.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn untold(store: &Store, now: OffsetDateTime, after: UserId) -> Result<Option<UserId>, StoreError> {
    let query = sqlx::query_scalar!(
        "SELECT user_id FROM pending_sign_ins WHERE expires_at <= $1 AND is_news AND user_id > $2 ORDER BY user_id LIMIT 1",
        now,
        after.0,
    );
    Ok(query.fetch_optional(&store.pool).await?.map(UserId))
}

/// Deletes these sign-ins of an account, and says who began them when, the first one first.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn take_untold(tx: &mut Tx, user: UserId, now: OffsetDateTime) -> Result<Vec<Missed>, StoreError> {
    let query = sqlx::query!(
        "WITH missed AS (
             DELETE FROM pending_sign_ins WHERE user_id = $1 AND expires_at <= $2 AND is_news
             RETURNING agent, address, created_at, password_digest)
         SELECT agent, address, created_at, password_digest FROM missed ORDER BY created_at",
        user.0,
        now,
    );
    let query = query.map(|row| Missed {
        at: row.created_at,
        by: BegunBy { agent: row.agent, address: row.address },
        password_digest: row.password_digest,
    });
    Ok(query.fetch_all(tx.unchanging()).await?)
}

/// Ends all that wait of an account: from now on nothing waits under their tokens. What its owner may not know is still told.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn end_all(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM pending_sign_ins WHERE user_id = $1 AND NOT is_news", user.0)
        .execute(tx.unchanging())
        .await?;
    // By no clock: of two servers one may be behind the other.
    sqlx::query!(
        "UPDATE pending_sign_ins SET expires_at = '1970-01-01 00:00:00+00' WHERE user_id = $1",
        user.0
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Whose sign-in of a kind waits under a token that may still be tried at, until when, and where it leads.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn waits(
    store: &Store,
    token: &TokenHash,
    kind: SessionKind,
    most: i32,
    now: OffsetDateTime,
) -> Result<Option<Waiting>, StoreError> {
    let query = sqlx::query!(
        r#"SELECT user_id, next, factors::text AS "factors!", created_at, expires_at FROM pending_sign_ins
           WHERE token_hash = $1 AND kind = $2 AND expires_at > $3 AND tries < $4"#,
        token.bytes(),
        kind.as_str(),
        now,
        most,
    );
    let Some(row) = query.fetch_optional(&store.pool).await? else { return Ok(None) };
    let factors = factors::read(&row.factors, row.created_at).unwrap_or_default();
    Ok(Some(Waiting { user: UserId(row.user_id), next: row.next, factors, expires_at: row.expires_at }))
}

/// What there is to know of a sign-in that waits before it is tried at.
#[derive(Debug)]
pub struct Waiting {
    /// Whose.
    pub user: UserId,
    /// Where to go afterwards.
    pub next: String,
    /// What was proven so far.
    pub factors: Vec<Proof>,
    /// When it ends.
    pub expires_at: OffsetDateTime,
}

/// Deletes up to `limit` sign-ins that no longer wait and are no news; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, now: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM pending_sign_ins WHERE token_hash IN (
            SELECT token_hash FROM pending_sign_ins WHERE expires_at <= $1 AND NOT is_news
            LIMIT $2 FOR UPDATE SKIP LOCKED)",
        now,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}
