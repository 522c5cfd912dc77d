//! P21: four servers race to migrate an empty database.

use super::Run;
use crate::stand::{Database, Setup};
use anyhow::Result;
use std::time::Instant;

const PROMISE: &str = "P21";

pub(super) async fn run(run: &mut Run) -> Result<()> {
    let rounds = if run.short { 2 } else { 50 };
    let mut stand = Setup::servers(4).with_cluster().prepare().await?;
    let admin = stand.cluster()?.url("postgres");
    let (mut unready, mut wrong, mut slowest) = (0_u64, Vec::new(), 0);
    let mut migrations = 0;
    for round in 1..=rounds {
        let database = Database::make(&admin).await?;
        let began = Instant::now();
        for server in &mut stand.servers {
            server.set("DATABASE_URL", database.url());
            server.spawn()?;
        }
        for server in &mut stand.servers {
            if let Err(error) = server.ready().await {
                unready += 1;
                println!("round {round}: {error:#}");
            }
        }
        slowest = slowest.max(began.elapsed().as_millis());
        let counts =
            "SELECT count(*), count(DISTINCT version), count(*) FILTER (WHERE success) FROM _sqlx_migrations";
        let (rows, distinct, done): (i64, i64, i64) =
            sqlx::query_as(counts).fetch_one(database.pool()).await?;
        migrations = rows;
        if rows == 0 || rows != distinct || rows != done {
            wrong.push(format!("round {round}: {rows} rows, {distinct} migrations, {done} done"));
        }
        for server in &mut stand.servers {
            server.kill();
        }
    }
    let report = &mut run.report;
    report.note(PROMISE, "rounds of 4 servers, and migrations in each", &format!("{rounds}, {migrations}"));
    report.at_most(PROMISE, "servers that did not become ready", 0, unready);
    report.at_most(PROMISE, "rounds in which a migration ran twice or not whole", 0, wrong.len() as u64);
    report.note(PROMISE, "slowest round until all four are ready, ms", &slowest);
    super::print_some(&wrong);
    Ok(())
}
