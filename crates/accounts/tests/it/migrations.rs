use domain::{Factor, SessionId, SessionKind};
use sqlx::PgPool;
use store::sessions::{self, Proof};
use time::macros::datetime;
use uuid::Uuid;

/// The schema as it was before a migration changes the table of sessions.
const BEFORE: i64 = 20_261_121_130_000;

/// The schema as it was when counts were kept by the servers' clocks.
const BY_OWN_CLOCKS: i64 = 20_261_121_150_000;

#[sqlx::test(migrations = false)]
async fn what_was_counted_by_the_servers_clocks_goes_on(pool: PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    store::MIGRATOR.run_direct(Some(BY_OWN_CLOCKS), &mut *connection, false).await.unwrap();
    for sql in [
        "INSERT INTO throttle_buckets VALUES ('a', '2100-01-01 00:00:00.123456Z'), ('b', '2000-01-01Z')",
        "INSERT INTO throttle_streaks VALUES ('c', 7, '2100-01-01Z', '2100-01-01 00:00:10.000001Z')",
    ] {
        sqlx::query(sql).execute(&mut *connection).await.unwrap();
    }
    store::MIGRATOR.run_direct(None, &mut *connection, false).await.unwrap();
    let rates: Vec<(Vec<u8>, i64)> = sqlx::query_as("SELECT key, paid_until FROM throttle_rates")
        .fetch_all(&mut *connection)
        .await
        .unwrap();
    assert_eq!(rates, [(b"a".to_vec(), 4_102_444_800_123_456)]);
    let failures: Vec<(Vec<u8>, i32, i64, i64)> =
        sqlx::query_as("SELECT key, failures, last_at, next_at FROM throttle_failures")
            .fetch_all(&mut *connection)
            .await
            .unwrap();
    assert_eq!(failures, [(b"c".to_vec(), 7, 4_102_444_800_000_000, 4_102_444_810_000_001)]);
}

#[sqlx::test(migrations = false)]
async fn a_migration_that_waits_for_a_long_reader_does_not_hold_up_the_others(pool: PgPool) {
    let mut other = pool.acquire().await.unwrap();
    store::MIGRATOR.run_direct(Some(BEFORE), &mut *other, false).await.unwrap();
    let mut reader = pool.begin().await.unwrap();
    sqlx::query("SELECT FROM sessions").execute(&mut *reader).await.unwrap();
    let connect = (*pool.connect_options()).clone();
    let migrating = tokio::spawn(async move { store::migrate(&connect).await });
    let waits = "SELECT count(*) FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%ALTER TABLE%'";
    while sqlx::query_scalar::<_, i64>(waits).fetch_one(&mut *other).await.unwrap() == 0 {}
    sqlx::query("SET statement_timeout = '30s'").execute(&mut *other).await.unwrap();
    sqlx::query("SELECT FROM sessions").execute(&mut *other).await.unwrap();
    reader.rollback().await.unwrap();
    migrating.await.unwrap().unwrap();
    assert!(store::Store::from_pool(pool.clone()).is_ready().await.unwrap());
}

/// The schema as it was when a session's row said nothing of factors.
const BEFORE_FACTORS: i64 = 20_261_127_130_100;

#[sqlx::test(migrations = false)]
async fn a_session_from_before_factors_were_kept_has_proven_its_password_at_the_sign_in(pool: PgPool) {
    let mut connection = pool.acquire().await.unwrap();
    store::MIGRATOR.run_direct(Some(BEFORE_FACTORS), &mut *connection, false).await.unwrap();
    let user = "INSERT INTO users (id, email, email_canonical, created_at, updated_at)
                VALUES (gen_random_uuid(), 'ana@example.com', 'ana@example.com', now(), now())";
    sqlx::query(user).execute(&mut *connection).await.unwrap();
    // As servers of the version before write it, also while a newer one runs beside them.
    let session = "INSERT INTO sessions (id, user_id, kind, persistent, authenticated_at, created_at, last_used_at,
                                         expires_at, address, agent)
                   SELECT gen_random_uuid(), id, 'browser', false, '2026-11-20 12:00:00.000001Z', now(), now(), now(),
                          '', '' FROM users
                   RETURNING id";
    let file = "SELECT pg_relation_filenode('sessions')::bigint";
    let before: i64 = sqlx::query_scalar(file).fetch_one(&mut *connection).await.unwrap();
    let mut sessions: Vec<Uuid> = Vec::new();
    sessions.push(sqlx::query_scalar(session).fetch_one(&mut *connection).await.unwrap());
    store::MIGRATOR.run_direct(None, &mut *connection, false).await.unwrap();
    let after: i64 = sqlx::query_scalar(file).fetch_one(&mut *connection).await.unwrap();
    assert_eq!(after, before, "a big table is not written anew");
    sessions.push(sqlx::query_scalar(session).fetch_one(&mut *connection).await.unwrap());
    let proof = Proof { factor: Factor::Password, at: datetime!(2026-11-20 12:00:00.000001 UTC) };
    let store = store::Store::from_pool(pool.clone());
    for id in sessions {
        let found = sessions::by_id(&store, SessionKind::Browser, SessionId(id)).await.unwrap().unwrap();
        assert_eq!(found.factors, [proof]);
    }
}
