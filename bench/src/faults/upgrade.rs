//! P22: a rolling upgrade under load, with a new signing key in the middle.

use super::traffic::{Load, Route, Seen, Traffic, lock};
use super::{Run, print_some};
use crate::stand::{Server, Setup, server_binary};
use anyhow::{Context, Result, bail};
use std::path::Path;
use std::time::{Duration, Instant};
use tokio::task::JoinHandle;
use tokio::time::sleep;

const PROMISE: &str = "P22";
/// Minutes until the new key signs: by then every server has it, and most of the second round is still to come.
const LEAD: &str = "2";
/// As a load balancer's health check.
const CHECK: Duration = Duration::from_millis(500);

/// Asks every server whether it is ready, and sends nobody to one that is not: a load balancer's part.
struct Balancer(JoinHandle<()>);

impl Balancer {
    fn start(ports: Vec<u16>, route: Route) -> Self {
        Self(tokio::spawn(async move {
            loop {
                let mut ready = Vec::new();
                for port in &ports {
                    let mut client = crate::stand::Client::new(*port).within(Duration::from_secs(2));
                    if client.get("/readyz").await.is_ok_and(|answer| answer.status == 200) {
                        ready.push(*port);
                    }
                }
                *lock(&route) = ready;
                sleep(CHECK).await;
            }
        }))
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

pub(super) async fn run(run: &mut Run) -> Result<()> {
    let newer = server_binary()?;
    let older = match &run.from {
        Some(path) => path.canonicalize().with_context(|| format!("{} is not there", path.display()))?,
        None => newer.clone(),
    };
    let from = if older == newer { "the same program" } else { "an older program" };
    let setup = Setup::servers(2).with_cluster().with_mails().program(older);
    // As in production: what stops says so for 5 s before.
    let mut stand = setup.set("SHUTDOWN_DELAY_SECONDS", "5").start().await?;
    let ports: Vec<u16> = stand.servers.iter().map(Server::port).collect();
    let load = Load {
        members: 10,
        pause: Duration::from_millis(200),
        signs_in_every: 100,
        sign_up_every: Duration::from_secs(5),
    };
    let traffic = Traffic::start(ports.clone(), load).await?;
    let balancer = Balancer::start(ports, traffic.route.clone());
    let (began, wait) = (Instant::now(), Duration::from_secs(if run.short { 2 } else { 30 }));
    sleep(wait).await;
    roll(&mut stand.servers, &newer, wait).await?;
    // Half of the time is over.
    rotate(&stand.servers[0])?;
    roll(&mut stand.servers, &newer, wait).await?;
    let whole = Duration::from_secs(if run.short { 0 } else { 300 });
    sleep(whole.saturating_sub(began.elapsed())).await;
    let seconds = began.elapsed().as_secs().max(1);
    drop(balancer);
    let (seen, verdict) = traffic.end(&stand).await?;
    tell(run, from, seconds, &seen);
    let report = &mut run.report;
    report.at_most(PROMISE, "forced sign-outs", 0, (seen.false_401.len() + verdict.signed_out.len()) as u64);
    report.at_most(PROMISE, "acknowledged and not there", 0, verdict.false_successes.len() as u64);
    for list in [&seen.false_401, &seen.wrong, &verdict.false_successes, &verdict.signed_out] {
        print_some(list);
    }
    Ok(())
}

fn tell(run: &mut Run, from: &str, seconds: u64, seen: &Seen) {
    let report = &mut run.report;
    report.note(PROMISE, format!("rolling upgrade from {from} of 2 servers, each twice, s"), &seconds);
    report.note(
        PROMISE,
        "requests, and each second",
        &format!("{}, {}", seen.total(), seen.total() / seconds),
    );
    report.note(PROMISE, "answers, by status", &format!("{:?}", seen.by));
    let failures: Vec<String> = seen.failures.iter().map(|(_, said)| said.clone()).collect();
    let what = "5xx, and requests without an answer";
    report.timed(PROMISE, what, "at most 0", &failures.len(), failures.is_empty());
    report.at_most(PROMISE, "other answers that are not right", 0, seen.wrong.len() as u64);
    report.note(PROMISE, "slowest answer, ms", &seen.slowest.as_millis());
    print_some(&failures);
}

/// Stops each server as an orchestrator does, and starts it with the newer program once it has ended.
async fn roll(servers: &mut [Server], program: &Path, wait: Duration) -> Result<()> {
    for server in servers {
        server.stop().await?;
        program.clone_into(&mut server.binary);
        server.start().await?;
        sleep(wait).await;
    }
    Ok(())
}

fn rotate(server: &Server) -> Result<()> {
    let rotated = server.command(&["rotate-keys", "--lead", LEAD]).output()?;
    if !rotated.status.success() {
        bail!("rotate-keys: {}", String::from_utf8_lossy(&rotated.stderr));
    }
    println!("  {}", String::from_utf8_lossy(&rotated.stdout).trim());
    Ok(())
}
