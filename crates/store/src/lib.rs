//! All of the SQL: users, sessions, refresh tokens, audit events, migrations.
//!
//! Absence is not an error here (`Option<User>`): the use case decides whether it means 404, "wrong credentials" or
//! silence. One place gives a broken constraint its meaning, [`StoreError`], by the constraint's name. There is no rule
//! here, no clock and no random source: ids and times are arguments.

pub mod audit;
mod connect;
mod error;
pub mod export;
pub mod factors;
pub mod figures;
pub mod import;
mod indexes;
pub mod invalidation;
pub mod known_devices;
pub mod known_networks;
pub mod one_time_tokens;
pub mod outbox;
pub mod refresh_tokens;
mod replica;
pub mod roles;
mod scan;
pub mod sealed;
pub mod sessions;
mod share;
pub mod throttle;
mod token_hash;
mod tx;
pub mod users;

pub use error::{StoreError, Taken};
pub use indexes::build_indexes;
pub use scan::Scan;
pub use share::Share;
pub use token_hash::TokenHash;
pub use tx::Tx;

use connect::Purpose;
use invalidation::Subscribers;
use replica::Replica;
use sqlx::error::DatabaseError;
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool};
use sqlx::{Connection, PgConnection};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::{Notify, Semaphore};

/// The schema's history, embedded into the binary.
pub static MIGRATOR: Migrator = sqlx::migrate!("../../migrations");

/// A pool of connections to Postgres. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    pool: PgPool,
    commits: Arc<AtomicU64>,
    /// For admins' long reads.
    scans: Arc<Semaphore>,
    /// For attempts to sign in.
    sign_ins: Arc<Semaphore>,
    /// For what they take back.
    give_backs: Arc<Semaphore>,
    /// Notified of each commit that put a mail into the outbox.
    mails: Arc<Notify>,
    /// Who is told which accounts were changed here.
    changes: Arc<Subscribers>,
    /// Where others' changes are listened for.
    listening: Arc<Listening>,
    /// Whether the sessions are known to be ours alone.
    own_sessions: Arc<AtomicBool>,
    /// For reads that may be a second old.
    replica: Option<Arc<Replica>>,
}

/// Where a server listens for what others change.
#[derive(Clone, Default)]
pub enum Listening {
    /// Where its requests go.
    #[default]
    AsRequests,
    /// At an address of its own: for requests there is a pooler, which passes no notification on.
    At(Box<PgConnectOptions>),
    /// Nowhere: it changes nothing that no notification arrives.
    Off,
}

/// The connections of requests.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Connections {
    /// How many there are.
    pub open: u32,
    /// How many of these nobody uses.
    pub idle: u32,
    /// How many there may be.
    pub most: u32,
}

/// The driver's own `Debug` shows the password.
impl fmt::Debug for Listening {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AsRequests => f.write_str("AsRequests"),
            Self::At(connect) => f.debug_tuple("At").field(&connect.get_host()).finish(),
            Self::Off => f.write_str("Off"),
        }
    }
}

/// How to reach the database, and for how long to wait for it.
#[derive(Clone)]
pub struct StoreOptions {
    /// Where, as `postgres://…`.
    pub connect: PgConnectOptions,
    /// Where to listen for what others change.
    pub listening: Listening,
    /// Where reads go that may be a second old; none where all go to the same place.
    pub reading: Option<PgConnectOptions>,
    /// How the role that migrates reaches it; none where that is the one that serves.
    pub migrating: Option<PgConnectOptions>,
    /// The most connections at once.
    pub max_connections: u32,
    /// How long a request waits for a connection before its answer is 503.
    pub acquire_timeout: Duration,
    /// How long one statement may run.
    pub statement_timeout: Duration,
    /// How long a transaction, with its locks, may wait for its next statement.
    pub idle_in_transaction: Duration,
}

/// The driver's own `Debug` shows the password.
impl fmt::Debug for StoreOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.connect.get_host();
        f.debug_struct("StoreOptions")
            .field("host", &host)
            .field("listening", &self.listening)
            .finish_non_exhaustive()
    }
}

impl StoreOptions {
    /// The figures of the security promises: 10 connections, 2 s to get one, 3 s a statement, 10 s between two of a
    /// transaction.
    #[must_use]
    pub fn new(connect: PgConnectOptions) -> Self {
        Self {
            connect,
            listening: Listening::default(),
            reading: None,
            migrating: None,
            max_connections: 10,
            acquire_timeout: Duration::from_secs(2),
            statement_timeout: Duration::from_secs(3),
            idle_in_transaction: Duration::from_secs(10),
        }
    }
}

impl Store {
    /// A store that connects when it is first used, and again after an outage.
    #[must_use]
    pub fn open(options: &StoreOptions) -> Self {
        let StoreOptions { connect, listening, max_connections, acquire_timeout, .. } = options.clone();
        let (statement, idle_in_transaction) = (options.statement_timeout, options.idle_in_transaction);
        let purpose = Purpose::Requests { statement, idle_in_transaction };
        let own_sessions = Arc::<AtomicBool>::default();
        let pool = connect::pool(connect, max_connections, acquire_timeout, purpose, own_sessions.clone());
        let replica = options.reading.clone().map(|connect| Replica::open(options, connect).into());
        Self { replica, ..Self::over(pool, listening, own_sessions) }
    }

    /// A store over a pool that is there already, as `#[sqlx::test]` gives it.
    #[must_use]
    pub fn from_pool(pool: PgPool) -> Self {
        let own_sessions = Arc::new(AtomicBool::new(true));
        Self::over(pool, Listening::default(), own_sessions)
    }

    fn over(pool: PgPool, listening: Listening, own_sessions: Arc<AtomicBool>) -> Self {
        let connections = pool.options().get_max_connections();
        Self {
            scans: Arc::new(Semaphore::new(scan::scans(connections))),
            sign_ins: Arc::new(Semaphore::new(share::sign_ins(connections))),
            give_backs: Arc::new(Semaphore::new(1)),
            pool,
            commits: Arc::default(),
            mails: Arc::default(),
            changes: Arc::default(),
            listening: Arc::new(listening),
            own_sessions,
            replica: None,
        }
    }

    /// The connections of requests as they are now.
    #[must_use]
    pub fn connections(&self) -> Connections {
        let most = self.pool.options().get_max_connections();
        Connections {
            open: self.pool.size(),
            idle: u32::try_from(self.pool.num_idle()).unwrap_or(u32::MAX),
            most,
        }
    }

    /// Completes once a mail was put into the outbox here, also if that was before it was called.
    pub async fn mailed(&self) {
        self.mails.notified().await;
    }

    /// Whether the database answers, takes writes, has every migration of this binary, and lets this role work with it.
    ///
    /// # Errors
    /// [`StoreError`] where it does not answer, takes no writes, or gives its sessions to others as well.
    pub async fn is_ready(&self) -> Result<bool, StoreError> {
        if !self.own_sessions.load(Ordering::SeqCst) {
            self.ask_for_own_sessions().await?;
        }
        // Rights come a moment after the tables, where another role migrates.
        let found = sqlx::query!(
            r#"SELECT max(version) AS applied,
                      pg_is_in_recovery() OR current_setting('transaction_read_only')::boolean AS "read_only!",
                      (SELECT bool_and(has_table_privilege(c.oid, 'SELECT'))
                       FROM pg_class c JOIN pg_class own ON c.relnamespace = own.relnamespace AND c.relowner = own.relowner
                       WHERE own.oid = '_sqlx_migrations'::regclass AND c.relkind = 'r') AS "granted!"
               FROM _sqlx_migrations WHERE success"#
        )
        .fetch_one(&self.pool)
        .await;
        let found = match found {
            Err(sqlx::Error::Database(refusal)) if is_not_prepared(refusal.as_ref()) => return Ok(false),
            other => other?,
        };
        if found.read_only {
            return Err(StoreError::ReadOnly);
        }
        Ok(found.granted && found.applied >= Some(newest_migration()))
    }

    /// How to open sessions beside the pool's, and for how long to wait for one.
    fn beside(&self) -> (PgConnectOptions, Duration) {
        (self.pool.connect_options().as_ref().clone(), self.pool.options().get_acquire_timeout())
    }

    /// A session beside the pool's. To be asked where sessions are known to be ours alone.
    pub(crate) async fn connect_beside(&self, purpose: Purpose) -> Result<PgConnection, StoreError> {
        let (connect, wait) = self.beside();
        let opened = async {
            let mut connection = PgConnection::connect_with(&connect::plain(connect)).await?;
            connect::prepare(&mut connection, purpose).await?;
            Ok(connection)
        };
        Ok(tokio::time::timeout(wait, opened).await.unwrap_or(Err(sqlx::Error::PoolTimedOut))?)
    }

    async fn ask_for_own_sessions(&self) -> Result<(), StoreError> {
        let (connect, wait) = self.beside();
        let own = connect::are_own(connect, wait).await;
        if !matches!(own, Err(StoreError::Unavailable(_))) {
            self.own_sessions.store(own.is_ok(), Ordering::SeqCst);
        }
        own
    }

    /// As [`build_indexes`], where the requests go.
    ///
    /// # Errors
    /// As [`build_indexes`].
    pub async fn build_indexes(&self) -> Result<(), StoreError> {
        build_indexes(&self.beside().0).await
    }

    /// Closes every connection, waiting for those in use.
    pub async fn close(&self) {
        if let Some(replica) = &self.replica {
            replica.close().await;
        }
        self.pool.close().await;
    }
}

/// The last one of this binary.
pub(crate) fn newest_migration() -> i64 {
    MIGRATOR.iter().map(|migration| migration.version).max().unwrap_or_default()
}

/// How long a migration waits for a session of its own.
const MIGRATION_CONNECTS: Duration = Duration::from_secs(5);
/// How often a migration that waited in vain is tried again, a second later.
const MIGRATION_RETRIES: u32 = 10;

/// Brings the schema up to this binary's, on a connection without a statement timeout. Replicas that start at the same
/// time wait for each other by an advisory lock. A migration gives up waiting for a locked table, and is tried again
/// some times.
///
/// # Errors
/// [`StoreError`] where the database does not answer or shares its sessions, its history is not ours, or a table was
/// not to be had.
pub async fn migrate(connect: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = own_connection(connect).await?;
    connect::prepare(&mut connection, Purpose::Migrating).await?;
    let mut retries = 0;
    while let Err(error) = MIGRATOR.run_direct(None, &mut connection, false).await {
        match &error {
            // Waiting for another replica's migration: nobody waits behind that.
            MigrateError::Execute(cause) if waited_in_vain(cause) => {}
            MigrateError::ExecuteMigration(cause, _)
                if waited_in_vain(cause) && retries < MIGRATION_RETRIES =>
            {
                retries += 1;
                sqlx::query("SELECT pg_sleep(1)").execute(&mut connection).await?;
            }
            MigrateError::Execute(cause) | MigrateError::ExecuteMigration(cause, _)
                if is_not_allowed(cause) =>
            {
                return Err(StoreError::MayNotMigrate(connect.get_username().to_owned()));
            }
            _ => return Err(error.into()),
        }
    }
    connection.close().await?;
    Ok(())
}

/// Whether this binary could begin there: its history holds no migration that this binary does not know, as after a return
/// to an older version, none that is another than this binary's, and none that was broken off. The migrator asks the same
/// before it changes anything.
///
/// # Errors
/// [`StoreError`] where it could not.
pub async fn check_history(connect: &PgConnectOptions) -> Result<(), StoreError> {
    let mut connection = own_connection(connect).await?;
    let history = "SELECT version, checksum, success FROM _sqlx_migrations ORDER BY version";
    let applied: Vec<(i64, Vec<u8>, bool)> = sqlx::query_as(history).fetch_all(&mut connection).await?;
    connection.close().await?;
    for (version, checksum, success) in applied {
        let fault = match MIGRATOR.iter().find(|known| known.version == version) {
            None => MigrateError::VersionMissing(version),
            Some(_) if !success => MigrateError::Dirty(version),
            Some(known) if *known.checksum != *checksum => MigrateError::VersionMismatch(version),
            Some(_) => continue,
        };
        return Err(fault.into());
    }
    Ok(())
}

/// Whether a role gets in there.
///
/// # Errors
/// [`StoreError`] where it does not.
pub async fn try_connect(connect: &PgConnectOptions) -> Result<(), StoreError> {
    let connecting = PgConnection::connect_with(connect);
    let connected = tokio::time::timeout(MIGRATION_CONNECTS, connecting).await;
    connected.map_err(|_| sqlx::Error::PoolTimedOut)??.close().await?;
    Ok(())
}

/// A connection whose session is ours alone.
async fn own_connection(connect: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let mut connection = PgConnection::connect_with(&connect::plain(connect.clone())).await?;
    let other = connect::bare(connect.clone(), 1, MIGRATION_CONNECTS);
    let own = connect::is_own(&mut connection, &other).await;
    other.close().await;
    own?;
    Ok(connection)
}

/// There is no such table, or it was not granted to this role.
fn is_not_prepared(refusal: &dyn DatabaseError) -> bool {
    matches!(refusal.code().as_deref(), Some("42P01" | "42501"))
}

fn is_not_allowed(error: &sqlx::Error) -> bool {
    code(error).as_deref() == Some("42501")
}

fn waited_in_vain(error: &sqlx::Error) -> bool {
    matches!(code(error).as_deref(), Some("55P03" | "40P01"))
}

fn code(error: &sqlx::Error) -> Option<Cow<'_, str>> {
    error.as_database_error().and_then(DatabaseError::code)
}

/// Whether a connection leads to a standby: what was the primary may be one now.
async fn is_standby(connection: &mut PgConnection) -> Result<bool, StoreError> {
    let standby = sqlx::query_scalar!(r#"SELECT pg_is_in_recovery() AS "standby!""#);
    Ok(standby.fetch_one(connection).await?)
}
