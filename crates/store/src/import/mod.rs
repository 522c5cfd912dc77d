//! Many accounts at once. Rows are copied straight into the table of accounts, which is fastest, or into a staging
//! table and from there in one statement that skips accounts that exist already.
//!
//! The staging tables are the transaction's own, so these queries cannot be checked when they are
//! compiled: `sqlx` knows the schema's tables only.

pub mod source;

use crate::{StoreError, Tx};
use domain::{Profile, Role, UserId};
use sqlx::AssertSqlSafe;
use std::fmt::Write;
use time::{OffsetDateTime, UtcOffset};
use uuid::Uuid;

/// A new account from one line of a source. No `Debug`: it holds a password hash.
#[derive(Clone)]
pub struct StagedUser {
    /// Where the source has it.
    pub line: i64,
    /// A UUID.
    pub id: UserId,
    /// As typed.
    pub email: String,
    /// The unique form.
    pub email_canonical: String,
    /// Whether the address was proven.
    pub email_verified: bool,
    /// The unique form of the username.
    pub username_canonical: Option<String>,
    /// What the person filled in.
    pub profile: Profile,
    /// What the person may do.
    pub role: Role,
    /// Whether the account may be used.
    pub is_active: bool,
    /// A hash; none where no password was ever set.
    pub password_hash: Option<String>,
    /// When the account was made.
    pub created_at: OffsetDateTime,
    /// When it last changed.
    pub updated_at: OffsetDateTime,
}

/// Whether accounts are really made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// The table of accounts.
    Users,
    /// A temporary table, so that nobody waits for rows that will never exist.
    Pretended,
}

/// A staged row that made no account although its address is free.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Clash {
    /// Where the source has it.
    pub line: i64,
    /// Whether the username is somebody's.
    pub username: bool,
    /// Whether the id is.
    pub id: bool,
}

const STAGE: &str = "
    SET LOCAL statement_timeout = 0;
    CREATE TEMP TABLE IF NOT EXISTS staged_users (line bigint NOT NULL, LIKE users) ON COMMIT DROP;
    ALTER TABLE staged_users DROP COLUMN IF EXISTS search;
    TRUNCATE staged_users";

/// The columns that an import fills, in the order in which [`text`] writes them.
fn columns() -> String {
    let own = "id, email, email_canonical, email_verified, username_canonical, role, is_active, password_hash, \
               created_at, updated_at";
    format!("{own}, {}", Profile::NAMES.join(", "))
}

fn insert(into: &str, free: &str) -> String {
    let columns = columns();
    format!(
        "INSERT INTO {into} ({columns}) SELECT {columns} FROM staged_users AS staged {free}
         ORDER BY line ON CONFLICT DO NOTHING RETURNING id"
    )
}

const PRETEND_TABLE: &str =
    "CREATE TEMP TABLE IF NOT EXISTS pretended_users (LIKE users INCLUDING ALL) ON COMMIT DROP";

/// Values that the table of accounts would refuse.
const FREE: &str = "
    WHERE NOT EXISTS (SELECT FROM users WHERE users.email_canonical = staged.email_canonical
                          OR users.username_canonical = staged.username_canonical OR users.id = staged.id)";

const CLASHES: &str = "
    SELECT line, EXISTS (SELECT FROM users WHERE users.username_canonical = staged.username_canonical),
        EXISTS (SELECT FROM users WHERE users.id = staged.id)
    FROM staged_users AS staged
    WHERE NOT EXISTS (SELECT FROM users WHERE users.email_canonical = staged.email_canonical)
    ORDER BY line";

const CLASHES_PRETENDED: &str = "
    SELECT line, EXISTS (SELECT FROM users WHERE users.username_canonical = staged.username_canonical)
        OR EXISTS (SELECT FROM pretended_users AS others
                   WHERE others.username_canonical = staged.username_canonical),
        EXISTS (SELECT FROM users WHERE users.id = staged.id)
        OR EXISTS (SELECT FROM pretended_users AS others WHERE others.id = staged.id)
    FROM staged_users AS staged
    WHERE NOT EXISTS (SELECT FROM users WHERE users.email_canonical = staged.email_canonical)
        AND NOT EXISTS (SELECT FROM pretended_users AS others
                        WHERE others.email_canonical = staged.email_canonical)
    ORDER BY line";

/// Makes accounts of the rows, or of none of them where one's address, username or id is somebody's. Says
/// whether they were made.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn copy_all<'a>(
    tx: &mut Tx,
    rows: impl Iterator<Item = &'a StagedUser>,
) -> Result<bool, StoreError> {
    sqlx::raw_sql("SET LOCAL statement_timeout = 0; SAVEPOINT before_copy").execute(tx.unchanging()).await?;
    match copy(tx, "users (", text(rows, |_| None)).await {
        Ok(()) => Ok(true),
        Err(sqlx::Error::Database(refusal)) if refusal.is_unique_violation() => {
            sqlx::raw_sql("ROLLBACK TO SAVEPOINT before_copy").execute(tx.unchanging()).await?;
            Ok(false)
        }
        Err(error) => Err(error.into()),
    }
}

/// Replaces the rows of the staging table.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn stage<'a>(tx: &mut Tx, rows: impl Iterator<Item = &'a StagedUser>) -> Result<(), StoreError> {
    sqlx::raw_sql(STAGE).execute(tx.unchanging()).await?;
    Ok(copy(tx, "staged_users (line, ", text(rows, |row| Some(row.line))).await?)
}

/// Copies rows into a table, `into` up to the columns that all of them have.
async fn copy(tx: &mut Tx, into: &str, rows: String) -> Result<(), sqlx::Error> {
    let statement = format!("COPY {into}{}) FROM STDIN", columns());
    let mut copy = tx.unchanging().copy_in_raw(&statement).await?;
    copy.send(rows.into_bytes()).await?;
    copy.finish().await?;
    Ok(())
}

/// Makes accounts of the staged rows, in the order of their lines. A row whose address, username or id is taken makes
/// none; existing accounts stay as they are. Returns the lines that made one.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn insert_staged(tx: &mut Tx, target: Target) -> Result<Vec<UserId>, StoreError> {
    let statement = match target {
        Target::Users => insert("users", ""),
        Target::Pretended => {
            sqlx::raw_sql(PRETEND_TABLE).execute(tx.unchanging()).await?;
            insert("pretended_users", FREE)
        }
    };
    let query = sqlx::query_scalar(AssertSqlSafe(statement));
    let made: Vec<Uuid> = query.fetch_all(tx.unchanging()).await?;
    Ok(made.into_iter().map(UserId).collect())
}

/// Takes back accounts that this transaction has made. Their deletion is told of like any other.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn take_back(tx: &mut Tx, target: Target, made: &[UserId]) -> Result<(), StoreError> {
    let statement = match target {
        Target::Users => "DELETE FROM users WHERE id = ANY($1)",
        Target::Pretended => "DELETE FROM pretended_users WHERE id = ANY($1)",
    };
    let ids: Vec<Uuid> = made.iter().map(|user| user.0).collect();
    sqlx::query(statement).bind(ids).execute(tx.unchanging()).await?;
    tx.changed(made);
    Ok(())
}

/// The staged rows that made no account although nobody has their address.
///
/// # Errors
/// [`StoreError`] where the database does not answer.
pub async fn clashes(tx: &mut Tx, target: Target) -> Result<Vec<Clash>, StoreError> {
    let statement = match target {
        Target::Users => CLASHES,
        Target::Pretended => CLASHES_PRETENDED,
    };
    let rows: Vec<(i64, bool, bool)> = sqlx::query_as(statement).fetch_all(tx.unchanging()).await?;
    Ok(rows.into_iter().map(|(line, username, id)| Clash { line, username, id }).collect())
}

/// The rows in the text format of COPY, behind their lines where there are any.
fn text<'a>(rows: impl Iterator<Item = &'a StagedUser>, line: impl Fn(&StagedUser) -> Option<i64>) -> String {
    let mut out = String::with_capacity(rows.size_hint().0 * 400);
    for row in rows {
        // Writing to a `String` cannot fail.
        let _ = line(row).map(|line| write!(out, "{line}\t"));
        let _ = write!(out, "{}", row.id);
        field(&mut out, Some(&row.email));
        field(&mut out, Some(&row.email_canonical));
        field(&mut out, Some(truth(row.email_verified)));
        field(&mut out, row.username_canonical.as_deref());
        field(&mut out, Some(row.role.as_str()));
        field(&mut out, Some(truth(row.is_active)));
        field(&mut out, row.password_hash.as_deref());
        time(&mut out, row.created_at);
        time(&mut out, row.updated_at);
        row.profile.texts().for_each(|text| field(&mut out, text));
        out.push('\n');
    }
    out
}

fn field(out: &mut String, value: Option<&str>) {
    out.push('\t');
    let Some(value) = value else { return out.push_str("\\N") };
    for c in value.chars() {
        match c {
            '\\' => out.push_str("\\\\"),
            '\t' => out.push_str("\\t"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            c => out.push(c),
        }
    }
}

fn truth(value: bool) -> &'static str {
    if value { "t" } else { "f" }
}

fn time(out: &mut String, at: OffsetDateTime) {
    let at = at.to_offset(UtcOffset::UTC);
    let (hour, minute, second, micro) = at.time().as_hms_micro();
    let month = u8::from(at.month());
    let _ = write!(
        out,
        "\t{:04}-{month:02}-{:02} {hour:02}:{minute:02}:{second:02}.{micro:06}+00",
        at.year(),
        at.day()
    );
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_would_end_a_field_or_a_line_is_escaped() {
        let mut out = String::new();
        field(&mut out, Some("a\tb\nc\\N\r"));
        field(&mut out, None);
        time(&mut out, OffsetDateTime::UNIX_EPOCH);
        assert_eq!(out, "\ta\\tb\\nc\\\\N\\r\t\\N\t1970-01-01 00:00:00.000000+00");
    }
}
