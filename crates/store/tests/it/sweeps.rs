//! Sweeps stay quick however much there is.

use crate::statements::{self, Statement};
use sqlx::{Connection, PgConnection, PgPool};

/// Of few rows, or of rows that are written so often that an index costs more than an hourly look at all of them.
const WITHOUT: [&str; 3] = ["outbox", "throttle_failures", "throttle_rates"];

/// How Postgres finds the rows of a statement where it reads no table from end to end unless it has to.
async fn plan(connection: &mut PgConnection, statement: &Statement) -> String {
    let values: Vec<_> = statement
        .types
        .iter()
        .map(|name| match name.as_str() {
            "timestamptz" => "now()",
            "int8" => "100",
            other => panic!("{other} in {}", statement.text),
        })
        .collect();
    statement.plan(connection, &values).await
}

/// E6: among 10,000,000 sessions one statement with OR took 2.4 s, and beyond 3 s nothing would ever be swept.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn every_sweep_finds_what_it_deletes_by_an_index(pool: PgPool) {
    let connect = pool.connect_options().as_ref().clone();
    store::build_indexes(&connect).await.unwrap();
    let mut connection = PgConnection::connect_with(&connect).await.unwrap();
    sqlx::raw_sql("SET enable_seqscan = off; SET enable_bitmapscan = off")
        .execute(&mut connection)
        .await
        .unwrap();
    let (mut swept, mut without) = (Vec::new(), Vec::new());
    for statement in statements::all() {
        let text = &statement.text;
        let Some(rest) = text.strip_prefix("DELETE FROM ").filter(|rest| rest.contains("SKIP LOCKED")) else {
            continue;
        };
        let table = rest.split(' ').next().unwrap().to_owned();
        let plan = plan(&mut connection, &statement).await;
        if plan.contains("Seq Scan") {
            without.push(table);
        } else {
            assert!(!plan.contains("Sort"), "{text}: it orders all that has ended\n{plan}");
            swept.push(table);
        }
    }
    without.sort_unstable();
    assert_eq!(without, WITHOUT);
    assert_eq!(swept.iter().filter(|table| *table == "sessions").count(), 3);
    assert!(swept.len() > 8, "{swept:?}");
    let replaced = "SELECT to_regclass('sessions_last_used_at_idx') IS NULL";
    assert!(sqlx::query_scalar::<_, bool>(replaced).fetch_one(&mut connection).await.unwrap());
}
