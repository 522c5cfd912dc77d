//! P18: the database breaks in twenty ways while people work.

use super::traffic::{Load, Traffic, lock};
use super::{Run, print_some};
use crate::stand::{Mode, Setup, Stand};
use anyhow::{Result, ensure};
use sqlx::Connection;
use sqlx::{AssertSqlSafe, PgConnection};
use std::time::{Duration, Instant};
use tokio::time::sleep;

const PROMISE: &str = "P18";
/// Within this time after a fault is over all is well.
const WELL_AGAIN: Duration = Duration::from_secs(5);

/// One way to break.
#[derive(Debug, Clone, Copy)]
enum Fault {
    Cut,
    CutAgainAndAgain,
    Refuse(u64),
    BlackHole(u64),
    /// The connections that are there freeze for good; new ones work.
    FreezeOld,
    Delay(u64),
    Pause(u64),
    Kill(u64),
    KillBackend,
    Restart,
    Crash,
    Terminate,
    Lock(&'static str, u64),
    LoseAnswers(usize),
    LoseCommits(usize),
    ReadOnly(u64),
    Closed(u64),
    Full(u64),
}

/// What it is called, what it is, and whether the short form has it.
const FAULTS: &[(&str, Fault, bool)] = &[
    ("connections reset", Fault::Cut, true),
    ("connections reset 20 times in 2 s", Fault::CutAgainAndAgain, false),
    ("connections refused for 3 s", Fault::Refuse(3), false),
    ("black hole for 3 s", Fault::BlackHole(3), true),
    ("black hole for 12 s", Fault::BlackHole(12), false),
    ("connections frozen for good, new ones work", Fault::FreezeOld, true),
    ("half a second of delay for 5 s", Fault::Delay(5), false),
    ("SIGSTOP for 3 s", Fault::Pause(3), false),
    ("SIGSTOP for 12 s", Fault::Pause(12), false),
    ("SIGKILL, away for 2 s", Fault::Kill(2), true),
    ("SIGKILL of one backend", Fault::KillBackend, false),
    ("restart", Fault::Restart, false),
    ("immediate shutdown and start", Fault::Crash, false),
    ("backends terminated", Fault::Terminate, false),
    ("users locked for 10 s", Fault::Lock("users", 10), false),
    ("sessions locked for 10 s", Fault::Lock("sessions", 10), false),
    ("20 commits done, their answers lost", Fault::LoseAnswers(20), true),
    ("20 commits lost", Fault::LoseCommits(20), false),
    ("read-only for 4 s, as a standby", Fault::ReadOnly(4), false),
    ("the database lets nobody in for 4 s", Fault::Closed(4), false),
    ("no connection left for 4 s", Fault::Full(4), false),
];

pub(super) async fn run(run: &mut Run) -> Result<()> {
    let mut stand = Setup::servers(2).behind_proxy().with_mails().start().await?;
    let ports = stand.servers.iter().map(crate::stand::Server::port).collect();
    let load = Load {
        members: 8,
        pause: Duration::from_millis(100),
        signs_in_every: 60,
        sign_up_every: Duration::from_secs(1),
    };
    let traffic = Traffic::start(ports, load).await?;
    sleep(Duration::from_secs(2)).await;
    let faults = FAULTS.iter().filter(|(_, _, short)| *short || !run.short);
    let (mut count, mut longest) = (0, Duration::ZERO);
    for (name, fault, _) in faults {
        let began = Instant::now();
        apply(*fault, &mut stand).await?;
        let healed = Instant::now();
        let is_well = traffic.is_well_again(Duration::from_mins(1)).await;
        let least = if run.short { Duration::from_secs(4) } else { WELL_AGAIN + Duration::from_secs(2) };
        sleep(least.saturating_sub(healed.elapsed())).await;
        let well = lock(&traffic.seen).last_failure_after(healed);
        let (failed, good) = lock(&traffic.seen).between(began, Instant::now());
        longest = longest.max(well);
        count += 1;
        let said = format!("{failed} of {} failed", failed + good);
        run.report.row(PROMISE, *name, "a second without a failure", &said, is_well);
        let (what, after) = (format!("{name}: well again after, ms"), well.as_millis());
        run.report.timed(PROMISE, what, "at most 5000", &after, well <= WELL_AGAIN);
    }
    let (seen, verdict) = traffic.end(&stand).await?;
    let report = &mut run.report;
    report.note(PROMISE, "database faults under load", &count);
    report.note(PROMISE, "answers, by status", &format!("{:?}", seen.by));
    report.at_most(PROMISE, "right credentials refused (false 401)", 0, len(&seen.false_401));
    report.at_most(PROMISE, "acknowledged and not there (false success)", 0, len(&verdict.false_successes));
    report.at_most(PROMISE, "denied and there all the same", 0, len(&verdict.false_failures));
    report.at_most(PROMISE, "answers that are neither right nor 503", 0, len(&seen.wrong));
    report.note(PROMISE, "people told to wait (429)", &seen.waits.len());
    report.at_most(PROMISE, "sign-ins lost", 0, len(&verdict.signed_out));
    let slowest = seen.slowest.as_millis();
    let bound = "at most 10.5 s, a request's time";
    report.timed(PROMISE, "slowest answer, ms", bound, &slowest, slowest <= 10_500);
    report.note(PROMISE, "longest until well again, ms", &longest.as_millis());
    for list in [&seen.waits, &seen.false_401, &seen.wrong, &verdict.false_successes, &verdict.signed_out] {
        print_some(list);
    }
    Ok(())
}

fn len(list: &[String]) -> u64 {
    list.len() as u64
}

/// Breaks something, and returns once it is whole again.
async fn apply(fault: Fault, stand: &mut Stand) -> Result<()> {
    match fault {
        Fault::Cut => stand.proxy()?.cut(),
        Fault::CutAgainAndAgain => {
            for _ in 0..20 {
                stand.proxy()?.cut();
                sleep(Duration::from_millis(100)).await;
            }
        }
        Fault::Refuse(seconds) => {
            stand.proxy()?.cut();
            in_mode(stand, Mode::Refuse, seconds).await?;
        }
        Fault::BlackHole(seconds) => in_mode(stand, Mode::BlackHole, seconds).await?,
        Fault::FreezeOld => {
            stand.proxy()?.freeze_open();
            // From the server's view it lasts: what is measured is how long until it has thrown all of them away.
            sleep(Duration::from_secs(10)).await;
        }
        Fault::Delay(seconds) => {
            in_mode(stand, Mode::Delay(Duration::from_millis(500)), seconds).await?;
        }
        Fault::LoseAnswers(count) => {
            stand.proxy()?.cut_after_commits(count);
            lost(stand).await?;
        }
        Fault::LoseCommits(count) => {
            stand.proxy()?.cut_before_commits(count);
            lost(stand).await?;
        }
        Fault::Pause(seconds) => {
            stand.cluster()?.pause();
            sleep(Duration::from_secs(seconds)).await;
            stand.cluster()?.resume();
        }
        Fault::Kill(seconds) => {
            stand.cluster()?.kill();
            sleep(Duration::from_secs(seconds)).await;
            stand.cluster()?.start().await?;
        }
        Fault::Restart => {
            stand.cluster()?.stop().await?;
            stand.cluster()?.start().await?;
        }
        Fault::Crash => {
            stand.cluster()?.crash().await?;
            stand.cluster()?.start().await?;
        }
        other => by_sql(other, stand).await?,
    }
    Ok(())
}

async fn in_mode(stand: &Stand, mode: Mode, seconds: u64) -> Result<()> {
    stand.proxy()?.set(mode);
    sleep(Duration::from_secs(seconds)).await;
    stand.proxy()?.set(Mode::Pass);
    Ok(())
}

async fn lost(stand: &Stand) -> Result<()> {
    let began = Instant::now();
    while stand.proxy()?.commits_to_lose() > 0 {
        ensure!(began.elapsed() < Duration::from_mins(1), "nobody commits any more");
        sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// What a second connection does to Postgres, past the proxy.
async fn by_sql(fault: Fault, stand: &mut Stand) -> Result<()> {
    let (own, name) = (stand.database.url().to_owned(), stand.database.name().to_owned());
    let admin = stand.cluster()?.url("postgres");
    let mut other = PgConnection::connect(&admin).await?;
    let theirs = format!("FROM pg_stat_activity WHERE datname = '{name}' AND application_name = 'doorstep'");
    match fault {
        Fault::KillBackend => {
            let one = format!("SELECT pid {theirs} LIMIT 1");
            let pid: i32 = sqlx::query_scalar(AssertSqlSafe(one)).fetch_one(&mut other).await?;
            ensure!(stand.cluster()?.kill_backend(u32::try_from(pid)?), "{pid} has ended by itself");
            sleep(Duration::from_millis(500)).await;
        }
        Fault::Terminate => say(&mut other, &format!("SELECT pg_terminate_backend(pid) {theirs}")).await?,
        Fault::Lock(table, seconds) => {
            let mut holder = PgConnection::connect(&own).await?;
            say(&mut holder, &format!("BEGIN; LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")).await?;
            sleep(Duration::from_secs(seconds)).await;
            say(&mut holder, "ROLLBACK").await?;
        }
        Fault::ReadOnly(seconds) => {
            let set = "SET default_transaction_read_only = on";
            say(&mut other, &format!("ALTER DATABASE {name} {set}")).await?;
            say(&mut other, &format!("SELECT pg_terminate_backend(pid) {theirs}")).await?;
            sleep(Duration::from_secs(seconds)).await;
            say(&mut other, &format!("ALTER DATABASE {name} RESET default_transaction_read_only")).await?;
            say(&mut other, &format!("SELECT pg_terminate_backend(pid) {theirs}")).await?;
        }
        Fault::Closed(seconds) => {
            say(&mut other, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS false")).await?;
            say(&mut other, &format!("SELECT pg_terminate_backend(pid) {theirs}")).await?;
            sleep(Duration::from_secs(seconds)).await;
            say(&mut other, &format!("ALTER DATABASE {name} ALLOW_CONNECTIONS true")).await?;
        }
        Fault::Full(seconds) => {
            // The limit does not count for superusers, as whom the servers connect here, so the places are taken.
            let mut taken = take_all(&admin).await;
            say(&mut other, &format!("SELECT pg_terminate_backend(pid) {theirs}")).await?;
            taken.extend(take_all(&admin).await);
            sleep(Duration::from_secs(seconds)).await;
        }
        _ => {}
    }
    Ok(())
}

/// Connects until no connection is left.
async fn take_all(admin: &str) -> Vec<PgConnection> {
    let mut taken = Vec::new();
    while let Ok(connection) = PgConnection::connect(admin).await {
        taken.push(connection);
    }
    taken
}

async fn say(connection: &mut PgConnection, sql: &str) -> Result<()> {
    sqlx::raw_sql(AssertSqlSafe(sql.to_owned())).execute(connection).await?;
    Ok(())
}
