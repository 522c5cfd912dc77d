//! Reads that may be a second old go to a database of their own (`DATABASE_READ_URL`), and nobody misses what they wrote.

use crate::crew::admin;
use accounts::{Accounts, Error, RequestCtx};
use domain::{AuditQuery, PageRequest, UserQuery};
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, PgPool};
use std::sync::Arc;
use store::{Store, StoreError, StoreOptions};
use testkit::{SeededRng, World};

/// A server that reads in a second database, which is told from the first by what stands in it.
struct Reading {
    world: World,
    server: Accounts,
    store: Store,
    name: String,
    replica: PgPool,
}

impl Reading {
    async fn new(pool: PgPool) -> Self {
        Self::with(pool, |_| ()).await
    }

    async fn with(pool: PgPool, change: impl FnOnce(&mut StoreOptions)) -> Self {
        let first = pool.connect_options().get_database().unwrap().to_owned();
        let name = format!("read_{}", &first[first.len().saturating_sub(40)..]);
        let connect: PgConnectOptions = pool.connect_options().as_ref().clone().database(&name);
        let world = World::new(pool);
        let replica = PgPool::connect_lazy_with(connect.clone());
        let mut options = StoreOptions {
            reading: Some(connect),
            ..StoreOptions::new(world.pool.connect_options().as_ref().clone())
        };
        change(&mut options);
        let (store, rng) = (Store::open(&options), Arc::new(SeededRng::default()));
        let server = Accounts::new(store.clone(), World::settings(), world.clock.clone(), rng).unwrap();
        let reading = Self { world, server, store, name, replica };
        reading.by_its_name("DROP DATABASE IF EXISTS \"NAME\" WITH (FORCE)").await;
        reading.by_its_name("CREATE DATABASE \"NAME\"").await;
        reading
    }

    async fn by_its_name(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.replace("NAME", &self.name));
        sqlx::query(sql).execute(&self.world.pool).await.unwrap();
    }

    /// The same schema, and one account that is nowhere else.
    async fn migrate(&self) {
        store::migrate(&self.replica.connect_options()).await.unwrap();
        self.seems(STANDBY).await;
        // Sessions of before look for these functions elsewhere.
        self.end_sessions().await;
        let far = "INSERT INTO users (id, email, email_canonical, created_at, updated_at)
             VALUES (gen_random_uuid(), 'far@example.com', 'far@example.com', now(), now())";
        sqlx::query(far).execute(&self.replica).await.unwrap();
    }

    async fn end_sessions(&self) {
        self.by_its_name("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'NAME'")
            .await;
    }

    /// Has the second database say of itself what only a standby does.
    async fn seems<const N: usize>(&self, says: [&str; N]) {
        let first = self.world.pool.connect_options().get_database().unwrap().to_owned();
        for sql in says {
            let sql = AssertSqlSafe(sql.replace("NAME", &self.name).replace("FIRST", &first));
            sqlx::query(sql).execute(&self.replica).await.unwrap();
        }
    }

    async fn is_usable(&self) -> Result<(), String> {
        match self.server.probe_replica().await {
            Err(Error::Unavailable(error @ (StoreError::NotACopy | StoreError::Behind))) => {
                Err(error.to_string())
            }
            Err(Error::Unavailable(_)) => Err("lost".to_owned()),
            other => other.map_err(|error| error.to_string()),
        }
    }

    /// Whom a list of people shows.
    async fn people(&self, boss: &RequestCtx) -> Vec<String> {
        let page = self.server.list_users(boss, UserQuery::default()).await.unwrap();
        page.items.into_iter().map(|user| user.email).collect()
    }

    async fn end(self) {
        self.replica.close().await;
        self.by_its_name("DROP DATABASE \"NAME\" WITH (FORCE)").await;
    }
}

const NEAR: [&str; 1] = ["boss@example.com"];
const FAR: [&str; 1] = ["far@example.com"];

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn reads_that_may_be_old_go_to_the_replica_and_to_the_primary_where_it_is_lost(pool: PgPool) {
    let reading = Reading::new(pool).await;
    let boss = reading.world.holder(&admin(&reading.world, "boss").await).await;
    assert_eq!(reading.is_usable().await, Err(StoreError::NotACopy.to_string()), "it has no schema");
    assert_eq!(reading.people(&boss).await, NEAR);
    reading.migrate().await;
    reading.is_usable().await.unwrap();
    assert_eq!(reading.people(&boss).await, FAR);
    let server = &reading.server;
    assert_eq!(server.admin_figures(&boss).await.unwrap().people.unwrap().all, 1);
    assert!(server.audit_trail(&boss, AuditQuery::default()).await.unwrap().items.is_empty());
    assert!(server.activity(&boss, PageRequest::default()).await.unwrap().items.is_empty());
    let mut export = server.export(&boss).await.unwrap();
    let mut document = String::new();
    while let Some(piece) = export.next_piece().await.unwrap() {
        document.push_str(&piece);
    }
    assert!(document.contains("boss@example.com") && document.contains("\"sessions\":[]"), "{document}");
    // What decides who may do what is never read there.
    server.profile(&boss).await.unwrap();

    reading.by_its_name("ALTER DATABASE \"NAME\" ALLOW_CONNECTIONS false").await;
    reading.end_sessions().await;
    assert_eq!(reading.people(&boss).await, NEAR, "at once");
    assert!(!server.activity(&boss, PageRequest::default()).await.unwrap().items.is_empty());
    assert_eq!(reading.is_usable().await, Err("lost".to_owned()));
    reading.by_its_name("ALTER DATABASE \"NAME\" ALLOW_CONNECTIONS true").await;
    reading.is_usable().await.unwrap();
    assert_eq!(reading.people(&boss).await, FAR);
    reading.end().await;
}

/// What a standby says of itself, said by functions of ours.
const STANDBY: [&str; 5] = [
    "CREATE TABLE replayed AS SELECT 'FFFFFFFF/0'::pg_lsn AS lsn",
    "CREATE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql RETURN true",
    "CREATE FUNCTION public.pg_last_wal_replay_lsn() RETURNS pg_lsn LANGUAGE sql AS 'SELECT lsn FROM replayed'",
    "CREATE FUNCTION public.current_database() RETURNS name LANGUAGE sql RETURN 'FIRST'::name",
    "ALTER DATABASE \"NAME\" SET search_path = public, pg_catalog",
];

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_has_just_written_reads_it_however_late_the_replica_is(pool: PgPool) {
    let reading = Reading::new(pool).await;
    reading.migrate().await;
    let boss = reading.world.holder(&admin(&reading.world, "boss").await).await;
    reading.is_usable().await.unwrap();
    assert_eq!(reading.people(&boss).await, FAR, "it has all that was written");
    let stop = "UPDATE replayed SET lsn = '0/0'";
    sqlx::query(stop).execute(&reading.replica).await.unwrap();
    assert_eq!(reading.people(&boss).await, NEAR, "it has not what boss wrote");
    assert_eq!(reading.is_usable().await, Err(StoreError::Behind.to_string()));
    let go_on = "UPDATE replayed SET lsn = 'FFFFFFFF/0'";
    sqlx::query(go_on).execute(&reading.replica).await.unwrap();
    assert_eq!(reading.people(&boss).await, NEAR, "until it is looked at again");
    reading.is_usable().await.unwrap();
    assert_eq!(reading.people(&boss).await, FAR);
    reading.end().await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn what_is_no_standby_of_the_primary_is_not_read(pool: PgPool) {
    let reading = Reading::new(pool).await;
    reading.migrate().await;
    let boss = reading.world.holder(&admin(&reading.world, "boss").await).await;
    reading.is_usable().await.unwrap();
    reading
        .seems([
            "CREATE OR REPLACE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql RETURN false",
        ])
        .await;
    assert_eq!(reading.people(&boss).await, NEAR, "it was promoted, and the primary goes on");
    assert_eq!(reading.is_usable().await, Err(StoreError::Behind.to_string()));
    reading
        .seems([
            "CREATE OR REPLACE FUNCTION public.pg_is_in_recovery() RETURNS boolean LANGUAGE sql RETURN true",
        ])
        .await;
    reading.is_usable().await.unwrap();
    reading.seems(["DROP FUNCTION public.current_database()"]).await;
    assert_eq!(
        reading.is_usable().await,
        Err(StoreError::NotACopy.to_string()),
        "another database of the cluster"
    );
    assert_eq!(reading.people(&boss).await, NEAR);
    reading.end().await;
}

/// Of several replicas at one address each may be as late as it likes.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_replica_is_read_on_the_connection_that_was_asked(pool: PgPool) {
    let reading = Reading::new(pool).await;
    reading.migrate().await;
    reading
        .seems([
            "CREATE OR REPLACE FUNCTION public.pg_last_wal_replay_lsn() RETURNS pg_lsn LANGUAGE sql AS
             $$ SELECT lsn FROM replayed WHERE set_config('test.asked', 'yes', false) = 'yes' $$",
            "CREATE SCHEMA hidden",
            "ALTER TABLE users SET SCHEMA hidden",
            "CREATE VIEW users AS SELECT * FROM hidden.users WHERE current_setting('test.asked', true) = 'yes'",
        ])
        .await;
    let boss = reading.world.holder(&admin(&reading.world, "boss").await).await;
    reading.is_usable().await.unwrap();
    for _ in 0..5 {
        assert_eq!(reading.people(&boss).await, FAR);
    }
    reading.end().await;
}

/// Then a commit is confirmed before it is flushed.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn where_commits_wait_for_no_disk_a_read_waits_for_what_was_only_confirmed(pool: PgPool) {
    let reading = Reading::new(pool).await;
    reading.migrate().await;
    let boss = reading.world.holder(&admin(&reading.world, "boss").await).await;
    let first = reading.world.pool.connect_options().get_database().unwrap().to_owned();
    for sql in [
        "CREATE FUNCTION public.pg_current_wal_flush_lsn() RETURNS pg_lsn LANGUAGE sql RETURN '0/1'::pg_lsn",
        "CREATE FUNCTION public.pg_current_wal_insert_lsn() RETURNS pg_lsn LANGUAGE sql RETURN '0/3'::pg_lsn",
        "ALTER DATABASE \"FIRST\" SET search_path = public, pg_catalog",
        "ALTER DATABASE \"FIRST\" SET synchronous_commit = off",
    ] {
        let sql = AssertSqlSafe(sql.replace("FIRST", &first));
        sqlx::query(sql).execute(&reading.world.pool).await.unwrap();
    }
    sqlx::query("UPDATE replayed SET lsn = '0/3'").execute(&reading.replica).await.unwrap();
    reading.is_usable().await.unwrap();
    assert_eq!(reading.people(&boss).await, FAR);
    sqlx::query("UPDATE replayed SET lsn = '0/2'").execute(&reading.replica).await.unwrap();
    assert_eq!(reading.people(&boss).await, NEAR);
    reading.end().await;
}

/// P19: whoever finds no connection to one of the two says so in time, and nothing worse is made of it.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn a_database_without_a_free_connection_is_no_lost_replica(pool: PgPool) {
    let reading = Reading::with(pool, |options| options.max_connections = 1).await;
    reading.migrate().await;
    let boss = reading.world.holder(&admin(&reading.world, "boss").await).await;
    reading.is_usable().await.unwrap();
    let hold = reading.store.begin().await.unwrap();
    let refused = reading.server.list_users(&boss, UserQuery::default()).await;
    assert!(matches!(refused, Err(Error::Unavailable(_))), "{refused:?}");
    hold.rollback().await.unwrap();
    let scan = reading.store.scan().await.unwrap();
    let activity = async || reading.server.activity(&boss, PageRequest::default()).await.unwrap().items;
    assert!(!activity().await.is_empty(), "the primary's, while the replica has no connection left");
    drop(scan);
    assert!(activity().await.is_empty(), "the replica's");
    assert_eq!(reading.people(&boss).await, FAR);
    reading.end().await;
}
