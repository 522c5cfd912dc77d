//! What every session is told once it is there. By `SET`, because poolers refuse or forget what comes as a start-up
//! option; and a look whether the session is ours alone.

use crate::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, PgConnection};
use std::time::Duration;

/// A frozen or lost server of ours is noticed by Postgres within a minute, whatever the network between them does.
const KEEP_ALIVE: &str = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; \
                          SET tcp_keepalives_count = 3; SET tcp_user_timeout = '60s'";

/// For whom a session is.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Requests: neither a statement nor a transaction that nobody goes on with may hold others up.
    Requests { statement: Duration, idle_in_transaction: Duration },
    /// Hearing of changes, for as long as the server runs.
    Listening,
    /// Migrating: a statement may take its time, but not in waiting for a table, and not where nobody goes on.
    Migrating,
}

impl Purpose {
    fn settings(self) -> String {
        let own = match self {
            Self::Requests { statement, idle_in_transaction } => format!(
                "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}",
                statement.as_millis(),
                idle_in_transaction.as_millis()
            ),
            Self::Listening => "SET idle_session_timeout = 0; SET statement_timeout = '3s'; \
                                SET idle_in_transaction_session_timeout = '10s'"
                .to_owned(),
            // Whoever comes later waits behind a migration that waits, and has 3 s for a statement.
            Self::Migrating => "SET lock_timeout = '2s'; SET statement_timeout = 0; \
                                SET idle_in_transaction_session_timeout = '60s'; SET idle_session_timeout = '60s'"
                .to_owned(),
        };
        format!("{own}; {KEEP_ALIVE}")
    }
}

pub(crate) async fn prepare(connection: &mut PgConnection, purpose: Purpose) -> Result<(), sqlx::Error> {
    // Numbers of ours are all that is put into it.
    sqlx::raw_sql(AssertSqlSafe(purpose.settings())).execute(connection).await.map(drop)
}

/// A pool whose sessions are told what they are for.
pub(crate) fn pool(connect: PgConnectOptions, most: u32, wait: Duration, purpose: Purpose) -> PgPool {
    let options = PgPoolOptions::new().max_connections(most).acquire_timeout(wait);
    options
        .after_connect(move |connection, _| Box::pin(prepare(connection, purpose)))
        .connect_lazy_with(plain(connect))
}

/// A pool of one session, which stays.
pub(crate) fn single(connect: PgConnectOptions, wait: Duration, purpose: Purpose) -> PgPool {
    let options = PgPoolOptions::new().max_connections(1).max_lifetime(None).idle_timeout(None);
    options
        .acquire_timeout(wait)
        .after_connect(move |connection, _| Box::pin(prepare(connection, purpose)))
        .connect_lazy_with(plain(connect))
}

/// Without the one start-up parameter that poolers do not know; no statement of ours reads a float.
pub(crate) fn plain(connect: PgConnectOptions) -> PgConnectOptions {
    connect.extra_float_digits(None)
}

/// Whether this session is ours alone. Behind a pooler that gives each transaction another one (PgBouncer,
/// `pool_mode = transaction`) settings, prepared statements, locks and LISTEN reach whoever comes next.
///
/// # Errors
/// [`StoreError::SharedSessions`] where it is not.
pub(crate) async fn is_own(connection: &mut PgConnection, other: &PgPool) -> Result<(), StoreError> {
    let mut other = match other.acquire().await {
        Ok(other) => other,
        // Sessions are kept, and there is no second one now: then this one is nobody else's.
        Err(sqlx::Error::PoolTimedOut) => return Ok(()),
        Err(sqlx::Error::Database(full)) if full.code().is_some_and(|code| code.starts_with("53")) => {
            return Ok(());
        }
        Err(error) => return Err(error.into()),
    };
    for _ in 0..3 {
        let (first, again) = (process(connection).await?, process(connection).await?);
        if first != again || first == process(&mut other).await? {
            return Err(StoreError::SharedSessions);
        }
    }
    Ok(())
}

/// As plain text: what was prepared elsewhere would be unknown here.
async fn process(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    let row = sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?;
    sqlx::Row::try_get(&row, 0)
}
