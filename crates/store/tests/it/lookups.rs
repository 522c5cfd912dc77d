//! What is asked for somebody is found by an index, however many others there are.

use crate::statements;
use sqlx::{Connection, PgConnection, PgPool};

/// Tables that grow with the number of accounts.
const GROWING: [&str; 5] = ["users", "sessions", "refresh_tokens", "known_devices", "audit_events"];

/// What reads one of them from end to end, by its first words: a job counts the kinds of password hashes. No request waits for
/// it.
const COUNTED: &str = "SELECT example AS \"example!\", accounts AS \"accounts!\"";

async fn with_indexes(pool: &PgPool) -> PgConnection {
    let connect = pool.connect_options().as_ref().clone();
    store::build_indexes(&connect).await.unwrap();
    PgConnection::connect_with(&connect).await.unwrap()
}

/// A sign-in among 1,000,000 sessions took 100 ms, and 22 ms among 1,000: whether the account had one was looked for in all.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn no_statement_reads_a_growing_table_from_end_to_end(pool: PgPool) {
    let mut connection = with_indexes(&pool).await;
    sqlx::raw_sql("SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan")
        .execute(&mut connection)
        .await
        .unwrap();
    let mut without = Vec::new();
    for statement in statements::all() {
        let plan = statement.plan(&mut connection, &vec!["NULL"; statement.types.len()]).await;
        let whole = |table: &&str| {
            let read = format!("Seq Scan on {table}");
            plan.lines().any(|line| line.ends_with(&read) || line.contains(&format!("{read} ")))
        };
        if GROWING.iter().any(whole) {
            without.push(statement.text);
        }
    }
    assert!(matches!(without.as_slice(), [only] if only.starts_with(COUNTED)), "{without:#?}");
}

/// Else whoever deletes an account reads the whole table behind each key.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_foreign_key_has_an_index_of_all_its_rows(pool: PgPool) {
    let mut connection = with_indexes(&pool).await;
    let sql = "SELECT conrelid::regclass || '.' || attname FROM pg_constraint
         JOIN pg_attribute ON attrelid = conrelid AND attnum = conkey[1]
         WHERE contype = 'f' AND NOT EXISTS (
             SELECT FROM pg_index WHERE indrelid = conrelid AND indkey[0] = conkey[1]
             AND (indpred IS NULL OR pg_get_expr(indpred, indrelid) = format('(%I IS NOT NULL)', attname)))";
    let without: Vec<String> = sqlx::query_scalar(sql).fetch_all(&mut connection).await.unwrap();
    assert!(without.is_empty(), "{without:?}");
}
