use sqlx::PgPool;

/// The schema as it was before a migration changes the table of sessions.
const BEFORE: i64 = 20_261_121_130_000;

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
