//! Which password hashes the accounts have.

use crate::connect::Purpose;
use crate::{Store, StoreError};
use sqlx::Connection;

/// Some accounts whose hashes are of one scheme and one cost. No `Debug`: it holds a hash.
pub struct HashClass {
    /// One of the hashes.
    pub example: String,
    /// How many accounts.
    pub accounts: i64,
}

/// The most frequent classes of hashes, each with the same scheme and cost (the part before salt and output), in the
/// order of that part. It reads the whole table, so only a job may call it; it does so on a connection of its own, for requests
/// may have only one.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn classes(store: &Store) -> Result<Vec<HashClass>, StoreError> {
    let mut connection = store.connect_beside(Purpose::Counting).await?;
    let classes = sqlx::query_as!(
        HashClass,
        r#"SELECT example AS "example!", accounts AS "accounts!" FROM (
            SELECT CASE
                    WHEN password_hash LIKE '$2%' THEN left(password_hash, 7)
                    WHEN password_hash LIKE 'bcrypt$$2%' THEN left(password_hash, 14)
                    WHEN password_hash LIKE 'bcrypt_sha256$$2%' THEN left(password_hash, 21)
                    WHEN password_hash LIKE '$wp$2%' THEN left(password_hash, 10)
                    WHEN password_hash LIKE 'scrypt$%' THEN concat_ws('$', 'scrypt',
                        split_part(password_hash, '$', 2), split_part(password_hash, '$', 4),
                        split_part(password_hash, '$', 5))
                    -- Lanes are computed one after the other, and cost nothing.
                    WHEN password_hash LIKE '$argon2%' OR password_hash LIKE 'argon2$%'
                        THEN left(password_hash, strpos(password_hash, ',p='))
                    -- The output's length: PBKDF2 starts anew for each block of it.
                    WHEN password_hash LIKE '$%' THEN concat_ws('$', '', split_part(password_hash, '$', 2),
                        split_part(password_hash, '$', 3), length(split_part(password_hash, '$', 5)))
                    ELSE concat_ws('$', split_part(password_hash, '$', 1), split_part(password_hash, '$', 2),
                        length(split_part(password_hash, '$', 4)))
                END COLLATE "C" AS class,
                min(password_hash COLLATE "C") AS example,
                count(*) AS accounts
            FROM users WHERE password_hash IS NOT NULL
            GROUP BY 1 ORDER BY 3 DESC, 1 LIMIT 64) AS commonest
        ORDER BY 1"#
    )
    .fetch_all(&mut connection)
    .await?;
    let _ = connection.close().await;
    Ok(classes)
}
