//! Indexes that make admins' lists and figures, sign-ins and the sweep of sessions quick. They are built beside servers that
//! run, and nothing waits for them: everything works without them, slower.

use crate::connect::{self, Purpose};
use crate::{Scan, StoreError, own_connection};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection};

/// Held by the one who builds.
const LOCK: i64 = 0x646f_6f72_7374_6570;

/// What a search finds its term by, where Postgres has trigrams.
const SEARCH: &str = "users_search_idx";

/// What idle sessions are swept by, and what an account's sessions are found by.
const SWEPT_BY_USE: &str = "sessions_idle_idx";
const OF_ACCOUNT: &str = "sessions_of_account_idx";

/// Each takes the place of an older one.
const REPLACED: [(&str, &str); 2] =
    [(SWEPT_BY_USE, "sessions_last_used_at_idx"), (OF_ACCOUNT, "sessions_user_id_idx")];

/// How to build an index, in the words behind its name.
const INDEXES: [(&str, &str); 5] = [
    (
        "users_name_idx",
        "ON users (left(lower(coalesce(name, first_name || ' ' || last_name, first_name, last_name, email)), 50), id)",
    ),
    (
        "audit_events_sign_ins_idx",
        "ON audit_events (at, kind) INCLUDE (subject_id) WHERE kind IN ('signed_in', 'sign_in_failed')",
    ),
    // Those of programs live on unused, and the sweep would look at each.
    (SWEPT_BY_USE, "ON sessions (last_used_at) WHERE kind <> 'bearer'"),
    // Those that have ended too: whether there was one is asked at each sign-in, and all go with their account.
    (OF_ACCOUNT, "ON sessions (user_id, ended_at)"),
    (
        "one_time_tokens_invitations_idx",
        "ON one_time_tokens (id) WHERE purpose = 'invite' AND user_id IS NULL AND used_at IS NULL",
    ),
];

/// Builds the indexes that are lacking, unless somebody else does.
///
/// # Errors
/// [`StoreError`] where the database does not answer, shares its sessions, or does not let this role build; what is
/// lacking then is built another time.
pub async fn build_indexes(connect: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = own_connection(connect).await?;
    connect::prepare(&mut connection, Purpose::Indexing).await?;
    let first = sqlx::query_scalar!(r#"SELECT pg_try_advisory_lock($1) AS "first!""#, LOCK)
        .fetch_one(&mut connection)
        .await?;
    let mut done = Ok(());
    if first {
        for (name, definition) in INDEXES {
            done = done.and(build(&mut connection, name, definition).await);
        }
        for (name, replaced) in REPLACED {
            if is_valid(&mut connection, name).await? == Some(true) {
                done = done.and(drop_index(&mut connection, replaced).await);
            }
        }
        if let Some(definition) = by_trigrams(&mut connection).await? {
            done = done.and(build(&mut connection, SEARCH, &definition).await);
        }
    }
    connection.close().await?;
    Ok(done?)
}

/// Whether a search finds its term by an index.
pub(crate) async fn is_search_indexed(scan: &mut Scan) -> sqlx::Result<bool> {
    Ok(is_valid(scan.connection(), SEARCH).await? == Some(true))
}

/// None where there is no such index. One that is not valid was left behind by a builder that was stopped.
async fn is_valid(connection: &mut PgConnection, name: &str) -> sqlx::Result<Option<bool>> {
    sqlx::query_scalar!("SELECT indisvalid FROM pg_index WHERE indexrelid = to_regclass($1)", name)
        .fetch_optional(connection)
        .await
}

async fn build(connection: &mut PgConnection, name: &str, definition: &str) -> sqlx::Result<()> {
    match is_valid(connection, name).await? {
        Some(true) => return Ok(()),
        Some(false) => drop_index(connection, name).await?,
        None => {}
    }
    let built = run(connection, format!("CREATE INDEX CONCURRENTLY {name} {definition}")).await;
    if built.is_err() {
        // Half an index costs each write and serves nobody.
        drop_index(connection, name).await?;
    }
    built
}

async fn drop_index(connection: &mut PgConnection, name: &str) -> sqlx::Result<()> {
    run(connection, format!("DROP INDEX CONCURRENTLY IF EXISTS {name}")).await
}

/// A statement of words that stand in this file.
async fn run(connection: &mut PgConnection, sql: String) -> sqlx::Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql)).execute(connection).await.map(drop)
}

/// How the search's index is built; none where there are no trigrams, because `pg_trgm` is not installed or may not be.
async fn by_trigrams(connection: &mut PgConnection) -> sqlx::Result<Option<String>> {
    let made = run(connection, "CREATE EXTENSION IF NOT EXISTS pg_trgm".to_owned()).await;
    if let Err(error) = made
        && error.as_database_error().is_none()
    {
        return Err(error);
    }
    // The extension may be in a schema of its own.
    let definition = sqlx::query_scalar!(
        r#"SELECT format('ON users USING gin (search %I.gin_trgm_ops)', nspname) AS "definition!"
           FROM pg_opclass JOIN pg_namespace ON pg_namespace.oid = opcnamespace WHERE opcname = 'gin_trgm_ops'"#
    );
    definition.fetch_optional(connection).await
}
