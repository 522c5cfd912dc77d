//! Passkeys. What is only read under the account's lock says so.

use crate::{Store, StoreError, Tx};
use domain::{PasskeyId, UserId};
use sqlx::PgExecutor;
use time::OffsetDateTime;
use uuid::Uuid;

/// A new passkey.
pub struct NewPasskey<'a> {
    /// UUID v7.
    pub id: PasskeyId,
    /// Whose.
    pub user: UserId,
    /// What authenticators name it by.
    pub credential_id: &'a [u8],
    /// The number of COSE.
    pub algorithm: i32,
    /// In DER.
    pub public_key: &'a [u8],
    /// Its first count.
    pub counter: u32,
    /// Whether copies of it may be made.
    pub backup_eligible: bool,
    /// Whether there is one.
    pub backed_up: bool,
    /// Which kind of authenticator says to have made it.
    pub aaguid: [u8; 16],
    /// How a browser reaches it.
    pub transports: Vec<String>,
    /// What its owner calls it.
    pub name: &'a str,
    /// For which name of the site it was made.
    pub rp_id: &'a str,
    /// When it was added.
    pub added_at: OffsetDateTime,
}

/// A passkey, by our name for it and its owner's.
#[derive(Debug)]
pub struct Named {
    /// Ours.
    pub id: PasskeyId,
    /// Its owner's.
    pub name: String,
}

/// A passkey, to check an answer by.
pub struct Passkey {
    /// Our name for it.
    pub id: PasskeyId,
    /// What authenticators know its account by.
    pub handle: Uuid,
    /// The number of COSE.
    pub algorithm: i32,
    /// In DER.
    pub public_key: Vec<u8>,
    /// Its last count.
    pub counter: i64,
    /// Whether copies of it may be made.
    pub backup_eligible: bool,
    /// Whether it signs in without anything else.
    pub alone: bool,
}

/// A passkey, as a browser is asked for it.
pub struct Descriptor {
    /// What authenticators name it by.
    pub credential_id: Vec<u8>,
    /// How a browser reaches it.
    pub transports: Vec<String>,
    /// What authenticators know its account by.
    pub handle: Uuid,
}

/// A passkey, as its owner sees it.
pub struct PasskeyRow {
    /// Our name for it.
    pub id: Uuid,
    /// What its owner calls it.
    pub name: String,
    /// Which kind of authenticator says to have made it.
    pub aaguid: Uuid,
    /// Whether there is a copy.
    pub backed_up: bool,
    /// When it was added.
    pub added_at: OffsetDateTime,
    /// When it was last used.
    pub last_used_at: Option<OffsetDateTime>,
}

/// What authenticators know an account by; `new` where nobody has asked before. To be asked under the account's lock.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn handle_or(tx: &mut Tx, user: UserId, new: Uuid) -> Result<Uuid, StoreError> {
    if let Some(handle) = handle(tx, user).await? {
        return Ok(handle);
    }
    sqlx::query!("INSERT INTO passkey_owners (user_id, handle) VALUES ($1, $2)", user.0, new)
        .execute(tx.unchanging())
        .await?;
    Ok(new)
}

/// The same where it was asked for before.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn handle(tx: &mut Tx, user: UserId) -> Result<Option<Uuid>, StoreError> {
    let query = sqlx::query_scalar!("SELECT handle FROM passkey_owners WHERE user_id = $1", user.0);
    Ok(query.fetch_optional(tx.unchanging()).await?)
}

/// From now on no passkey of an account signs in without anything else.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn distrust(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("UPDATE passkeys SET alone = false WHERE user_id = $1 AND alone", user.0)
        .execute(tx.unchanging())
        .await?;
    Ok(())
}

/// From now on this passkey of an account signs in without anything else.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn trust(tx: &mut Tx, user: UserId, credential_id: &[u8]) -> Result<(), StoreError> {
    sqlx::query!(
        "UPDATE passkeys SET alone = true WHERE user_id = $1 AND credential_id = $2 AND NOT alone",
        user.0,
        credential_id
    )
    .execute(tx.unchanging())
    .await?;
    Ok(())
}

/// Adds a passkey; says whether it was nobody's yet.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn add(tx: &mut Tx, new: &NewPasskey<'_>) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "INSERT INTO passkeys (id, user_id, credential_id, algorithm, public_key, counter, backup_eligible, backed_up,
                               aaguid, transports, name, added_at, rp_id)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) ON CONFLICT (credential_id) DO NOTHING",
        new.id.0,
        new.user.0,
        new.credential_id,
        new.algorithm,
        new.public_key,
        i64::from(new.counter),
        new.backup_eligible,
        new.backed_up,
        Uuid::from_bytes(new.aaguid),
        &new.transports,
        new.name,
        new.added_at,
        new.rp_id,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// Whose a passkey is. Once the account is locked, [`find`] looks whether it still is.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn owner(store: &Store, credential_id: &[u8]) -> Result<Option<UserId>, StoreError> {
    let query = sqlx::query_scalar!("SELECT user_id FROM passkeys WHERE credential_id = $1", credential_id);
    Ok(query.fetch_optional(&store.pool).await?.map(UserId))
}

/// A passkey of an account, whose row is locked.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn find(tx: &mut Tx, user: UserId, credential_id: &[u8]) -> Result<Option<Passkey>, StoreError> {
    let query = sqlx::query!(
        "SELECT id, handle, algorithm, public_key, counter, backup_eligible, alone
         FROM passkeys JOIN passkey_owners USING (user_id) WHERE credential_id = $1 AND user_id = $2",
        credential_id,
        user.0
    );
    let query = query.map(|row| Passkey {
        id: PasskeyId(row.id),
        handle: row.handle,
        algorithm: row.algorithm,
        public_key: row.public_key,
        counter: row.counter,
        backup_eligible: row.backup_eligible,
        alone: row.alone,
    });
    Ok(query.fetch_optional(tx.unchanging()).await?)
}

/// Writes down that a passkey was used; says whether its count has grown, or it does not count at all.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn count(
    tx: &mut Tx,
    passkey: PasskeyId,
    (counter, backed_up): (u32, bool),
    at: OffsetDateTime,
) -> Result<bool, StoreError> {
    let done = sqlx::query!(
        "UPDATE passkeys SET counter = $2, backed_up = $3, last_used_at = $4
         WHERE id = $1 AND (counter < $2 OR (counter = 0 AND $2 = 0))",
        passkey.0,
        i64::from(counter),
        backed_up,
        at,
    )
    .execute(tx.unchanging())
    .await?;
    Ok(done.rows_affected() == 1)
}

/// The passkeys of an account, as a browser is asked for them.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn descriptors(store: &Store, user: UserId) -> Result<Vec<Descriptor>, StoreError> {
    described(&store.pool, user).await
}

/// The same within a transaction.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn descriptors_in(tx: &mut Tx, user: UserId) -> Result<Vec<Descriptor>, StoreError> {
    described(tx.unchanging(), user).await
}

async fn described(executor: impl PgExecutor<'_>, user: UserId) -> Result<Vec<Descriptor>, StoreError> {
    let query = sqlx::query_as!(
        Descriptor,
        "SELECT credential_id, transports, handle FROM passkeys JOIN passkey_owners USING (user_id)
         WHERE user_id = $1 ORDER BY id",
        user.0
    );
    Ok(query.fetch_all(executor).await?)
}

/// The passkeys of an account, as their owner sees them: in the order in which they were added.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn list(store: &Store, user: UserId) -> Result<Vec<PasskeyRow>, StoreError> {
    let query = sqlx::query_as!(
        PasskeyRow,
        "SELECT id, name, aaguid, backed_up, added_at, last_used_at FROM passkeys
         WHERE user_id = $1 ORDER BY id",
        user.0
    );
    Ok(query.fetch_all(&store.pool).await?)
}

/// How many passkeys were made for another name of the site than this: nobody can use them here.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn count_of_others(store: &Store, rp_id: &str) -> Result<i64, StoreError> {
    // By its index: few are.
    let query = sqlx::query_scalar!(
        r#"SELECT count(*) AS "count!" FROM passkeys WHERE rp_id < $1 OR rp_id > $1"#,
        rp_id
    );
    Ok(query.fetch_one(&store.pool).await?)
}

/// Gives a passkey of an account, whose row is locked, another name; says what it was called, if it was there.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn rename(
    tx: &mut Tx,
    user: UserId,
    passkey: PasskeyId,
    name: &str,
) -> Result<Option<String>, StoreError> {
    let query = sqlx::query_scalar!(
        "UPDATE passkeys SET name = $3 FROM passkeys AS earlier
         WHERE passkeys.user_id = $1 AND passkeys.id = $2 AND earlier.id = $2 RETURNING earlier.name",
        user.0,
        passkey.0,
        name
    );
    Ok(query.fetch_optional(tx.unchanging()).await?)
}

/// Deletes every passkey of an account.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn delete_all(tx: &mut Tx, user: UserId) -> Result<(), StoreError> {
    sqlx::query!("DELETE FROM passkeys WHERE user_id = $1", user.0).execute(tx.unchanging()).await?;
    Ok(())
}

/// Deletes the passkeys of an account that were added since then; says which.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn delete_since(
    tx: &mut Tx,
    user: UserId,
    since: OffsetDateTime,
) -> Result<Vec<Named>, StoreError> {
    let query = sqlx::query!(
        "DELETE FROM passkeys WHERE user_id = $1 AND added_at >= $2 RETURNING id, name",
        user.0,
        since
    );
    let query = query.map(|row| Named { id: PasskeyId(row.id), name: row.name });
    Ok(query.fetch_all(tx.unchanging()).await?)
}
