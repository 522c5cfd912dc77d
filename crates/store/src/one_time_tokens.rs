//! What links and codes of mails are good for. Each is used once, by one guarded statement.

mod not_me;

pub use not_me::{
    OfFactor, is_claimed, is_kept, kept_of, newest_not_me, note_of_reset, of_factors, of_factors_in,
    revoke_not_me, revoke_of_resets,
};

use crate::{Store, StoreError, TokenHash, Tx};
use domain::{Direction, Place, Purpose, UserId, Window};
use time::OffsetDateTime;
use uuid::Uuid;

/// A one-time token. No `Debug`: `sealed` may hold what a person typed.
#[derive(Clone)]
pub struct OneTimeToken {
    /// UUID v7; the secret is made of it.
    pub id: Uuid,
    /// What it is good for. A CHECK allows these words alone.
    pub purpose: Option<Purpose>,
    /// Whose; none before there is an account.
    pub user: Option<UserId>,
    /// Where the mail went, as typed.
    pub email: String,
    /// The same in its unique form.
    pub email_canonical: String,
    /// Which encryption key the secret is made of.
    pub key_id: String,
    /// A keyed hash of the code.
    pub code_hash: Vec<u8>,
    /// What the purpose needs beyond, encrypted.
    pub sealed: Option<Vec<u8>>,
    /// When it was made.
    pub created_at: OffsetDateTime,
    /// When its mail was first sent.
    pub sent_at: Option<OffsetDateTime>,
    /// Until when it may be used.
    pub expires_at: OffsetDateTime,
    /// Whether an operator was shown it, to pass it on.
    pub passed_on: bool,
}

impl OneTimeToken {
    /// Where it stands in a list by age.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { id: self.id, key: String::new() }
    }
}

/// A query for a token's columns, from the words before them to those behind.
macro_rules! query_token {
    ($before:literal, $after:literal $($given:tt)*) => {
        sqlx::query!(
            $before + "id, purpose, user_id, email, email_canonical, key_id, code_hash, sealed, created_at, sent_at, expires_at, "
            + "passed_on " + $after $($given)*
        )
        .map(|row| OneTimeToken {
            id: row.id,
            purpose: Purpose::of(&row.purpose),
            user: row.user_id.map(UserId),
            email: row.email,
            email_canonical: row.email_canonical,
            key_id: row.key_id,
            code_hash: row.code_hash,
            sealed: row.sealed,
            created_at: row.created_at,
            sent_at: row.sent_at,
            expires_at: row.expires_at,
            passed_on: row.passed_on,
        })
    };
}

/// Whose token: an account's, or that of an address without one.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'a> {
    /// The account.
    pub user: Option<UserId>,
    /// The address in its unique form.
    pub email_canonical: &'a str,
}

/// A new token.
pub struct NewOneTimeToken<'a> {
    /// UUID v7.
    pub id: Uuid,
    /// What it is good for.
    pub purpose: Purpose,
    /// Whose.
    pub owner: Owner<'a>,
    /// Where the mail goes, as typed.
    pub email: &'a str,
    /// Which encryption key the secret is made of.
    pub key_id: &'a str,
    /// Of the link's secret.
    pub token_hash: TokenHash,
    /// Of the code, keyed.
    pub code_hash: &'a [u8],
    /// What the purpose needs beyond, encrypted.
    pub sealed: Option<&'a [u8]>,
    /// When.
    pub at: OffsetDateTime,
    /// Until when it waits for its mail to be sent.
    pub expires_at: OffsetDateTime,
}

fn words(purposes: &[Purpose]) -> Vec<String> {
    purposes.iter().map(|purpose| purpose.as_str().to_owned()).collect()
}

/// Makes a token. Says whether it was made: another live one of this purpose and owner stays.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn insert(tx: &mut Tx, token: &NewOneTimeToken<'_>) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT INTO one_time_tokens (id, purpose, user_id, email, email_canonical, key_id, token_hash, code_hash, sealed,
                                      created_at, expires_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT DO NOTHING",
        token.id,
        token.purpose.as_str(),
        token.owner.user.map(|user| user.0),
        token.email,
        token.owner.email_canonical,
        token.key_id,
        token.token_hash.bytes(),
        token.code_hash,
        token.sealed,
        token.at,
        token.expires_at,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The token of an owner that may still be used.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn live(
    tx: &mut Tx,
    purpose: Purpose,
    owner: Owner<'_>,
    now: OffsetDateTime,
) -> Result<Option<OneTimeToken>, StoreError> {
    let query = query_token!(
        "SELECT ",
        "FROM one_time_tokens
         WHERE purpose = $1 AND email_canonical = $2 AND user_id IS NOT DISTINCT FROM $3
               AND used_at IS NULL AND expires_at > $4",
        purpose.as_str(),
        owner.email_canonical,
        owner.user.map(|user| user.0),
        now,
    );
    Ok(query.fetch_optional(tx.unchanging()).await?)
}

/// Deletes the unused tokens of an owner and purpose: all of them, or all but the one for the same address that lives
/// at `spared`.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn revoke(
    tx: &mut Tx,
    purpose: Purpose,
    owner: Owner<'_>,
    spared: Option<OffsetDateTime>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "DELETE FROM one_time_tokens
         WHERE purpose = $1 AND used_at IS NULL
               AND ($4::timestamptz IS NULL OR expires_at <= $4 OR email_canonical <> $3)
               AND (user_id = $2 OR ($2 IS NULL AND user_id IS NULL AND email_canonical = $3))",
        purpose.as_str(),
        owner.user.map(|user| user.0) as _,
        owner.email_canonical,
        spared,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// The token of a link, if it may be used.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_hash(
    store: &Store,
    purposes: &[Purpose],
    hash: &TokenHash,
    now: OffsetDateTime,
) -> Result<Option<OneTimeToken>, StoreError> {
    let query = query_token!(
        "SELECT ",
        "FROM one_time_tokens WHERE token_hash = $1 AND purpose = ANY($2) AND used_at IS NULL AND expires_at > $3",
        hash.bytes(),
        &words(purposes),
        now,
    );
    Ok(query.fetch_optional(&store.pool).await?)
}

/// Up to `limit` tokens that were sent to an address and may be used, where a code is typed: the newest of each purpose,
/// then the next ones, so that many of one purpose leave room for the others.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_email(
    store: &Store,
    purposes: &[Purpose],
    canonical: &str,
    now: OffsetDateTime,
    limit: i64,
) -> Result<Vec<OneTimeToken>, StoreError> {
    let query = query_token!(
        "SELECT ",
        "FROM one_time_tokens
         WHERE email_canonical = $1 AND purpose = ANY($2) AND used_at IS NULL AND expires_at > $3
         ORDER BY row_number() OVER (PARTITION BY purpose ORDER BY created_at DESC), created_at DESC LIMIT $4",
        canonical,
        &words(purposes),
        now,
        limit,
    );
    Ok(query.fetch_all(&store.pool).await?)
}

/// A token by its id, whatever became of it.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn by_id(tx: &mut Tx, id: Uuid) -> Result<Option<OneTimeToken>, StoreError> {
    let query = query_token!("SELECT ", "FROM one_time_tokens WHERE id = $1 AND used_at IS NULL", id);
    Ok(query.fetch_optional(tx.unchanging()).await?)
}

/// The token of an account and purpose that may still be used.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn of_user(
    store: &Store,
    purpose: Purpose,
    user: UserId,
    now: OffsetDateTime,
) -> Result<Option<OneTimeToken>, StoreError> {
    let query = query_token!(
        "SELECT ",
        "FROM one_time_tokens
         WHERE purpose = $1 AND user_id = $2 AND used_at IS NULL AND expires_at > $3
         ORDER BY created_at DESC LIMIT 1",
        purpose.as_str(),
        user.0,
        now,
    );
    Ok(query.fetch_optional(&store.pool).await?)
}

/// The open invitations in a window, the newest first in it, with one more than its page shows.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn invitations(
    store: &Store,
    window: &Window,
    now: OffsetDateTime,
) -> Result<Vec<OneTimeToken>, StoreError> {
    let from = window.from.as_ref().map(|place| place.id);
    let rows = match window.direction {
        Direction::Onward => {
            query_token!(
                "SELECT ",
                "FROM one_time_tokens
                 WHERE purpose = 'invite' AND user_id IS NULL AND used_at IS NULL AND expires_at > $2
                   AND ($3::uuid IS NULL OR id < $3)
                 ORDER BY id DESC LIMIT $1",
                window.rows_to_read(),
                now,
                from,
            )
            .fetch_all(&store.pool)
            .await
        }
        Direction::Back => {
            query_token!(
                "SELECT ",
                "FROM one_time_tokens
                 WHERE purpose = 'invite' AND user_id IS NULL AND used_at IS NULL AND expires_at > $2
                   AND ($3::uuid IS NULL OR id > $3)
                 ORDER BY id LIMIT $1",
                window.rows_to_read(),
                now,
                from,
            )
            .fetch_all(&store.pool)
            .await
        }
    };
    Ok(rows?)
}

/// Uses a token up. Says whether this was the one use: of several at once, one alone is.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn use_up(tx: &mut Tx, id: Uuid, now: OffsetDateTime) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE one_time_tokens SET used_at = $2 WHERE id = $1 AND used_at IS NULL AND expires_at > $2",
        id,
        now
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Notes that a token's mail was sent: its lifetime starts with the first time.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn note_sent(
    tx: &mut Tx,
    id: Uuid,
    now: OffsetDateTime,
    expires_at: OffsetDateTime,
) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE one_time_tokens SET sent_at = $2, expires_at = $3 WHERE id = $1 AND sent_at IS NULL",
        id,
        now,
        expires_at
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Notes that an operator was shown a token, to pass it on.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn note_passed_on(tx: &mut Tx, id: Uuid) -> Result<(), StoreError> {
    sqlx::query!("UPDATE one_time_tokens SET passed_on = true WHERE id = $1", id)
        .execute(tx.unchanging())
        .await?;
    Ok(())
}

/// Deletes all unused tokens of an account, so that no mail of before opens it again; says how many.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn revoke_all(tx: &mut Tx, user: UserId, purposes: &[Purpose]) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM one_time_tokens WHERE user_id = $1 AND used_at IS NULL AND purpose = ANY($2)",
        user.0,
        &words(purposes)
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected())
}

/// Deletes up to `limit` tokens that expired before; says how many. Call again while the limit is reached.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn sweep(store: &Store, expired_before: OffsetDateTime, limit: i64) -> Result<u64, StoreError> {
    let done = sqlx::query!(
        "DELETE FROM one_time_tokens WHERE id IN (
            SELECT id FROM one_time_tokens WHERE expires_at <= $1 LIMIT $2 FOR UPDATE SKIP LOCKED)",
        expired_before,
        limit
    )
    .execute(&store.pool)
    .await?;
    Ok(done.rows_affected())
}
