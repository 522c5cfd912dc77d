//! Accounts as admins find them.

use crate::indexes::is_search_indexed;
use crate::users::{User, query_user_row, user_of};
use crate::{Scan, Store, StoreError};
use domain::{Addresses, Direction, Place, Role, UserFilter, UserId, UserSort};
use uuid::Uuid;

/// An account in a list, with what the list is ordered by.
pub struct Listed {
    /// The account.
    pub user: User,
    /// Where it stands among accounts of other keys; empty where the order is that of ids.
    pub key: String,
}

impl Listed {
    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        Place { id: self.user.id.0, key: self.key.clone() }
    }
}

/// The addresses of these accounts, as far as they are there.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn addresses(store: &Store, ids: &[Uuid]) -> Result<Addresses, StoreError> {
    let rows = sqlx::query!("SELECT id, email FROM users WHERE id = ANY($1)", ids);
    let rows = rows.fetch_all(&store.pool).await?;
    Ok(rows.into_iter().map(|row| (UserId(row.id), row.email)).collect())
}

/// The accounts for which the filter holds, ordered by `$key` and then by id, in the direction that `$compared` and
/// `$order` say.
///
/// `strpos` searches for the term: it knows no wildcards, and a long term costs no more than a short one; LIKE took six
/// times as long. But LIKE, and not `strpos`, finds rows by trigrams.
macro_rules! list {
    ($scan:ident, $filter:ident, $indexed:ident, $key:literal, $compared:literal, $order:literal $($given:tt)*) => {{
        let from = $filter.window.from.as_ref();
        query_user_row!(
            ["SELECT key AS \"key!\", "]
            ["FROM users CROSS JOIN LATERAL (SELECT " + $key + " AS key) AS sorted
              WHERE ($2::uuid IS NULL OR " + $compared + ")
                AND ($3::text IS NULL OR strpos(search, lower($3)) > 0
                  AND (NOT $7 OR search LIKE '%' || regexp_replace(lower($3), '[\\\\%_]', '\\\\\\&', 'g') || '%'))
                AND ($4::text IS NULL OR role = $4) AND ($5::boolean IS NULL OR is_active = $5)
                AND ($6::boolean IS NULL OR email_verified = $6)
                AND ($8::boolean IS NULL OR (EXISTS (SELECT FROM totp WHERE totp.user_id = users.id)
                  OR EXISTS (SELECT FROM passkeys WHERE passkeys.user_id = users.id)) = $8)
              ORDER BY " + $order + " LIMIT $1"],
            $filter.window.rows_to_read(),
            from.map(|place| place.id),
            $filter.term.as_deref(),
            $filter.role.map(Role::as_str),
            $filter.is_active,
            $filter.email_verified,
            $indexed,
            $filter.second_factor
            $($given)*
        )
        .map(|row| Listed { key: row.key, user: user_of!(row) })
        .fetch_all($scan.connection())
        .await
    }};
}

/// Two functions that list by a key, one for each direction.
macro_rules! by_key {
    ($ascending:ident, $descending:ident, $key:literal) => {
        async fn $ascending(
            scan: &mut Scan,
            filter: &UserFilter,
            indexed: bool,
        ) -> sqlx::Result<Vec<Listed>> {
            let key = filter.window.from.as_ref().map(|place| place.key.as_str());
            list!(scan, filter, indexed, $key, "(key, id) > ($9, $2)", "key, id", key)
        }

        async fn $descending(
            scan: &mut Scan,
            filter: &UserFilter,
            indexed: bool,
        ) -> sqlx::Result<Vec<Listed>> {
            let key = filter.window.from.as_ref().map(|place| place.key.as_str());
            list!(scan, filter, indexed, $key, "(key, id) < ($9, $2)", "key DESC, id DESC", key)
        }
    };
}

// What is shown of a person, as far as it is indexed.
by_key! {
    by_name, by_name_descending,
    "left(lower(coalesce(name, first_name || ' ' || last_name, first_name, last_name, email)), 50)"
}
by_key! { by_email, by_email_descending, "email_canonical" }

/// The accounts that are asked for, in the direction of the window, with one more than the page shows.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn list(scan: &mut Scan, filter: &UserFilter) -> Result<Vec<Listed>, StoreError> {
    use Direction::{Back, Onward};
    use UserSort as Sort;
    let indexed = filter.term.is_some() && is_search_indexed(scan).await?;
    let rows = match (filter.sort, filter.window.direction) {
        (Sort::Newest, Onward) | (Sort::Oldest, Back) => {
            list!(scan, filter, indexed, "''", "id < $2", "id DESC")
        }
        (Sort::Oldest, Onward) | (Sort::Newest, Back) => list!(scan, filter, indexed, "''", "id > $2", "id"),
        (Sort::Name, Onward) | (Sort::NameDescending, Back) => by_name(scan, filter, indexed).await,
        (Sort::NameDescending, Onward) | (Sort::Name, Back) => {
            by_name_descending(scan, filter, indexed).await
        }
        (Sort::Email, Onward) | (Sort::EmailDescending, Back) => by_email(scan, filter, indexed).await,
        (Sort::EmailDescending, Onward) | (Sort::Email, Back) => {
            by_email_descending(scan, filter, indexed).await
        }
    };
    Ok(rows?)
}
