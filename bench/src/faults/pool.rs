//! P19: one connection to the database for everybody.

use super::traffic::{Load, Traffic, lock};
use super::{Run, print_some};
use crate::stand::{Server, Setup};
use anyhow::Result;
use sqlx::{Connection, PgConnection};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const PROMISE: &str = "P19";

pub(super) async fn run(run: &mut Run) -> Result<()> {
    let setup = Setup::servers(1).with_cluster().with_mails();
    let stand = setup.set("DATABASE_MAX_CONNECTIONS", "1").start().await?;
    let ports = stand.servers.iter().map(Server::port).collect();
    let load = Load {
        members: 24,
        pause: Duration::from_millis(100),
        signs_in_every: 60,
        sign_up_every: Duration::from_millis(500),
    };
    let traffic = Traffic::start(ports, load).await?;
    let began = Instant::now();
    sleep(Duration::from_secs(if run.short { 3 } else { 40 })).await;
    let (failed, good) = lock(&traffic.seen).between(began, Instant::now());
    run.report.note(PROMISE, "a pool of 1, 24 members: answers, and 503", &format!("{good}, {failed}"));
    let locked = if run.short { 3 } else { 10 };
    // Whoever has the one connection waits for a table, and all others wait for the connection.
    let mut holder = PgConnection::connect(stand.database.url()).await?;
    sqlx::raw_sql("BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE").execute(&mut holder).await?;
    let held = Instant::now();
    sleep(Duration::from_secs(locked)).await;
    sqlx::raw_sql("ROLLBACK").execute(&mut holder).await?;
    let freed = Instant::now();
    // Longer than what is allowed, so that it can be exceeded.
    sleep(Duration::from_secs(7)).await;
    let (failed, _) = lock(&traffic.seen).between(held, freed);
    let well = lock(&traffic.seen).last_failure_after(freed);
    let (stuck, after) =
        lock(&traffic.seen).between(freed + Duration::from_secs(4), freed + Duration::from_secs(5));
    let report = &mut run.report;
    report.note(PROMISE, format!("503 while sessions are locked for {locked} s"), &failed);
    let waited = well.as_millis();
    report.timed(PROMISE, "well again after the lock, ms", "at most 5000", &waited, waited <= 5_000);
    report.row(
        PROMISE,
        "answers a second, 4 s later (a deadlock has none)",
        "more than 0",
        &after,
        after > 0,
    );
    report.timed(PROMISE, "of these 503", "at most 0", &stuck, stuck == 0);
    let (seen, verdict) = traffic.end(&stand).await?;
    let slowest = seen.slowest_503.as_millis();
    // A request that asks for a connection twice may wait twice, and a statement has 3 s.
    report.timed(
        PROMISE,
        "slowest 503, ms (2 s for a connection, 3 s a statement)",
        "at most 5500",
        &slowest,
        slowest <= 5_500,
    );
    report.note(PROMISE, "answers, by status", &format!("{:?}", seen.by));
    report.at_most(PROMISE, "false 401", 0, seen.false_401.len() as u64);
    report.at_most(PROMISE, "answers that are neither right nor 503", 0, seen.wrong.len() as u64);
    report.at_most(PROMISE, "false success", 0, verdict.false_successes.len() as u64);
    report.at_most(PROMISE, "sign-ins lost", 0, verdict.signed_out.len() as u64);
    for list in [&seen.false_401, &seen.wrong, &verdict.false_successes, &verdict.signed_out] {
        print_some(list);
    }
    Ok(())
}
