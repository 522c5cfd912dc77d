//! The settings of every database session. They are made by `SET`, because poolers refuse or forget start-up options;
//! and only after a check that the session is ours alone, since other clients would keep the settings of a shared one.

use crate::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::{AssertSqlSafe, Connection, PgConnection};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Postgres notices within a minute that a server of ours is frozen or lost, whatever the network between them does.
const KEEP_ALIVE: &str = "SET tcp_keepalives_idle = 30; SET tcp_keepalives_interval = 10; \
                          SET tcp_keepalives_count = 3; SET tcp_user_timeout = '60s'";

/// What a session is for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Purpose {
    /// Requests: no long statement and no abandoned transaction may hold up others.
    Requests { statement: Duration, idle_in_transaction: Duration },
    /// The same where nothing may be written, whatever the database would allow.
    Reading { statement: Duration, idle_in_transaction: Duration },
    /// Counting over a whole table, which only reads.
    Counting,
    /// Listening for changes, for as long as the server runs.
    Listening,
    /// Migrating: a statement may take long, but may not wait long for a table, and an abandoned transaction ends.
    Migrating,
    /// Building an index beside others, who never wait for it: it waits for them, for a while.
    Indexing,
}

impl Purpose {
    fn settings(self) -> String {
        let own = match self {
            Self::Requests { statement, idle_in_transaction } => timeouts(statement, idle_in_transaction),
            Self::Reading { statement, idle_in_transaction } => {
                timeouts(statement, idle_in_transaction) + "; SET default_transaction_read_only = on"
            }
            Self::Counting => "SET statement_timeout = '5min'; SET default_transaction_read_only = on; \
                               SET idle_in_transaction_session_timeout = '10s'"
                .to_owned(),
            Self::Listening => "SET idle_session_timeout = 0; SET statement_timeout = '3s'; \
                                SET idle_in_transaction_session_timeout = '10s'"
                .to_owned(),
            // Later statements wait behind a migration that waits for a table, and have 3 s in all.
            Self::Migrating => "SET lock_timeout = '2s'; SET statement_timeout = 0; \
                                SET idle_in_transaction_session_timeout = '60s'; SET idle_session_timeout = '60s'"
                .to_owned(),
            Self::Indexing => "SET lock_timeout = '30s'; SET statement_timeout = 0; \
                               SET idle_in_transaction_session_timeout = '60s'; SET idle_session_timeout = '60s'"
                .to_owned(),
        };
        format!("{own}; {KEEP_ALIVE}")
    }
}

/// How long a connection that somebody gave up in the middle of a statement may take to be free again. If its network is
/// frozen it would be, and keep its place in the pool, for as long as TCP tries.
const RELEASE: Duration = Duration::from_secs(1);

fn timeouts(statement: Duration, idle_in_transaction: Duration) -> String {
    format!(
        "SET statement_timeout = {}; SET idle_in_transaction_session_timeout = {}",
        statement.as_millis(),
        idle_in_transaction.as_millis()
    )
}

pub(crate) async fn prepare(connection: &mut PgConnection, purpose: Purpose) -> Result<(), sqlx::Error> {
    // Only numbers of ours are put into it.
    sqlx::raw_sql(AssertSqlSafe(purpose.settings())).execute(connection).await.map(drop)
}

/// A pool whose sessions get their settings once they are known to be ours alone.
pub(crate) fn pool(
    connect: PgConnectOptions,
    most: u32,
    wait: Duration,
    purpose: Purpose,
    known: Arc<AtomicBool>,
) -> PgPool {
    let options = PgPoolOptions::new().max_connections(most).acquire_timeout(wait);
    let connect = plain(connect);
    let again = connect.clone();
    options
        .after_connect(move |connection, _| {
            let (known, other) = (known.clone(), again.clone());
            Box::pin(async move {
                if !known.load(Ordering::SeqCst) {
                    // If no second session can be opened, this one is still prepared in time.
                    let other = bare(other, 1, wait / 2);
                    let own = is_own(connection, &other).await;
                    other.close().await;
                    own.map_err(|error| sqlx::Error::Configuration(error.into()))?;
                    known.store(true, Ordering::SeqCst);
                }
                prepare(connection, purpose).await
            })
        })
        .after_release(|connection, _| {
            Box::pin(async move {
                // Asks nothing where no answer is due.
                let free = tokio::time::timeout(RELEASE, connection.flush()).await;
                Ok(matches!(free, Ok(Ok(()))))
            })
        })
        .connect_lazy_with(connect)
}

/// A pool of one session, which stays open. Open it only when sessions are known to be ours alone.
pub(crate) fn single(connect: PgConnectOptions, wait: Duration, purpose: Purpose) -> PgPool {
    lasting(1, wait)
        .after_connect(move |connection, _| Box::pin(prepare(connection, purpose)))
        .connect_lazy_with(plain(connect))
}

/// Sessions without settings, to find out whether they are shared.
pub(crate) fn bare(connect: PgConnectOptions, most: u32, wait: Duration) -> PgPool {
    lasting(most, wait).connect_lazy_with(plain(connect))
}

fn lasting(most: u32, wait: Duration) -> PgPoolOptions {
    PgPoolOptions::new().max_connections(most).acquire_timeout(wait).max_lifetime(None).idle_timeout(None)
}

/// Without the one start-up parameter that poolers do not know; no statement of ours reads a float.
pub(crate) fn plain(connect: PgConnectOptions) -> PgConnectOptions {
    connect.extra_float_digits(None)
}

/// Whether sessions opened there are ours alone.
///
/// # Errors
/// [`StoreError::SharedSessions`] where they are not.
pub(crate) async fn are_own(connect: PgConnectOptions, wait: Duration) -> Result<(), StoreError> {
    let two = bare(connect, 2, wait);
    let own = match two.acquire().await {
        Ok(mut one) => is_own(&mut one, &two).await,
        Err(error) => Err(error.into()),
    };
    two.close().await;
    own
}

/// Whether this session is ours alone. Behind a pooler that gives each transaction another one (PgBouncer,
/// `pool_mode = transaction`) settings, prepared statements, locks and LISTEN reach whoever comes next.
///
/// # Errors
/// [`StoreError::SharedSessions`] where it is not.
pub(crate) async fn is_own(connection: &mut PgConnection, other: &PgPool) -> Result<(), StoreError> {
    let mut other = match other.acquire().await {
        Ok(other) => other,
        // Sessions are kept, and no second one can be opened now: so nobody else has this one.
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

/// As plain text: a statement prepared elsewhere would be unknown here.
async fn process(connection: &mut PgConnection) -> Result<i32, sqlx::Error> {
    let row = sqlx::raw_sql("SELECT pg_backend_pid()").fetch_one(connection).await?;
    sqlx::Row::try_get(&row, 0)
}
