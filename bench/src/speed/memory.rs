//! How soon a server serves, and how much memory it has: at rest, and after many have signed in.

use super::requests::sign_ins;
use super::results::Results;
use super::sample::median;
use super::turns::Plan;
use super::{load, people, sign_in};
use crate::stand::Setup;
use anyhow::Result;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::{Duration, Instant};

const STARTS: usize = 9;

pub(super) async fn run(plan: Plan, hash: &str, results: &mut Results) -> Result<()> {
    let mut stand = Setup::servers(1).set("RATE_LIMIT_PER_MINUTE", "10000000").start().await?;
    people::fill(stand.database.pool(), 1_000, hash).await?;
    let server = &mut stand.servers[0];
    let mut starts = Vec::new();
    for _ in 0..STARTS {
        server.stop().await?;
        let began = Instant::now();
        server.start().await?;
        starts.push(began.elapsed().as_secs_f64() * 1e3);
    }
    results.value("start_ms", median(starts).unwrap_or_default());
    tokio::time::sleep(Duration::from_secs(2)).await;
    results.value("rss_idle_mb", megabytes(server.rss()));
    let emails = people::emails(stand.database.pool(), 1_000).await?;
    let mut most = 0;
    let mut done = 0;
    while done < plan.sign_ins {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, server.port()));
        let scripts = sign_ins(sign_in::PATH, &emails, 16);
        let answers = load::Load { address, scripts, time: Duration::from_secs(1) }.run().await?;
        anyhow::ensure!(answers.refused == 0, "{}", answers.refusal.unwrap_or_default());
        done += answers.times.len();
        most = most.max(server.rss());
    }
    results.value("rss_during_sign_ins_mb", megabytes(most));
    results.value("rss_after_sign_ins_mb", megabytes(server.rss()));
    tokio::time::sleep(plan.rest).await;
    results.value("rss_rested_mb", megabytes(server.rss()));
    results.value("sign_ins_before_rss", f64::from(u32::try_from(done)?));
    Ok(())
}

/// Of 1,000,000 bytes.
pub(super) fn megabytes(bytes: u64) -> f64 {
    f64::from(u32::try_from(bytes / 1_000).unwrap_or(u32::MAX)) / 1_000.0
}
