//! P16: five hundred sign-ins in parallel, none of which a limit of addresses or names stops. Each client comes back when
//! it is told to.

use super::crowd::{CROWD, at_once};
use super::site::{Counted, Member, Site, sign_in};
use super::split::Spent;
use super::{Scale, alerts, cores, percentile, tell_alerts};
use crate::report::Report;
use crate::stand::{Answer, Client};
use anyhow::Result;
use hyper::Method;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};
use tokio::time::sleep;

/// Argon2's m, and what else may come.
const HASH_MIB: u64 = 19;
const BESIDE_MIB: u64 = 64;
const PROBED_WITHIN: Duration = Duration::from_millis(100);
const COME_BACK_WITHIN: u64 = 2;
const PROBE_EVERY: Duration = Duration::from_millis(40);
const MIB: u64 = 1024 * 1024;

/// What the flood was answered.
#[derive(Debug, Default)]
pub(super) struct Flooded {
    pub(super) verdicts: u64,
    pub(super) surplus: u64,
    /// Surplus that was not told to come back within 2 s, and whatever else.
    pub(super) wrong: Vec<u16>,
}

/// How long the probes took.
#[derive(Debug, Default)]
struct Probed {
    livez: Vec<Duration>,
    me: Vec<Duration>,
    failed: u64,
}

pub(super) async fn run(site: &Arc<Site>, scale: &Scale, report: &mut Report) -> Result<()> {
    let mut members = Vec::new();
    for n in 0..8 {
        members.push(site.member(&format!("probe-{n}"), 1).await?);
    }
    let words = site.counted.words();
    let calm = probe(site, &members, &Stop::after(scale.flood)).await;
    let before = site.scrape().await?;
    let (spent, stop) = (Spent::now(site), Stop::after(scale.flood));
    let (flooded, probed, peak, ()) =
        tokio::join!(flood(site, &stop), probe(site, &members, &stop), highest(site, &stop), async {
            sleep(scale.flood / 2).await;
            site.lose_redis().await;
        },);
    let split = spent.since(site, scale.judges);
    let (flooded, after) = (flooded?, site.scrape().await?);
    let grown = peak.iter().zip(&site.idle).map(|(peak, before)| peak.saturating_sub(*before) / MIB).max();
    let most = cores() as u64 * HASH_MIB + BESIDE_MIB;
    report.at_most(
        "P16",
        format!("MiB that a server grew by since its start, {words}"),
        most,
        grown.unwrap_or_default(),
    );
    for (what, mut calm, mut times) in
        [("/livez", calm.livez, probed.livez), ("/users/me", calm.me, probed.me)]
    {
        let what = format!("p99 of {} {what}, {words}", times.len());
        let times = [PROBED_WITHIN, percentile(&mut times, 99), percentile(&mut calm, 99)];
        split.at_most(report, "P16", &what, times);
    }
    let what = format!("of these refused, {words}");
    report.timed("P16", what, "at most 0", &probed.failed, probed.failed == 0);
    let what = format!("of {} surplus not told to come back within 2 s, {words}", flooded.surplus);
    report.timed("P16", what, "at most 0", &flooded.wrong.len(), flooded.wrong.is_empty());
    report.note("P16", format!("shares of {} cores, {words}", cores()), &split.words());
    report.note("P16", format!("sign-ins with a verdict in {:?}, {words}", scale.flood), &flooded.verdicts);
    let firing = alerts::firing(&before, &after)?;
    let mut expected = vec!["DoorstepSignInsSlow", "DoorstepErrors"];
    expected.extend((site.counted == Counted::RedisThatDies).then_some("DoorstepRedisLost"));
    tell_alerts(&format!("a flood, {words}"), &expected, &firing, report);
    site.has_redis_again().await
}

/// When something that goes on ends.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    at: Instant,
    early: Arc<AtomicBool>,
}

impl Stop {
    pub(super) fn after(time: Duration) -> Self {
        Self { at: Instant::now() + time, early: Arc::default() }
    }

    pub(super) fn now(&self) {
        self.early.store(true, Ordering::Relaxed);
    }

    pub(super) fn is_over(&self) -> bool {
        Instant::now() >= self.at || self.early.load(Ordering::Relaxed)
    }
}

/// Five hundred clients, each of which signs in again and again as somebody else from elsewhere.
pub(super) async fn flood(site: &Arc<Site>, stop: &Stop) -> Result<Flooded> {
    let stop = stop.clone();
    let each = at_once(site, CROWD, move |site, mut client, n| {
        let stop = stop.clone();
        async move {
            let mut flooded = Flooded::default();
            while !stop.is_over() {
                let from = site.somewhere();
                let name = format!("flood-{n}-{from}@example.com");
                match sign_in(&mut client, &from, &name, "wrong", None).await {
                    Ok(answer) => flooded.note(&answer).await,
                    Err(_) => flooded.wrong.push(0),
                }
            }
            flooded
        }
    });
    let mut all = Flooded::default();
    for flooded in each.await? {
        all.verdicts += flooded.verdicts;
        all.surplus += flooded.surplus;
        all.wrong.extend(flooded.wrong);
    }
    Ok(all)
}

impl Flooded {
    /// Waits as long as it is told to.
    async fn note(&mut self, answer: &Answer) {
        let wait = answer.header("retry-after").parse().unwrap_or(u64::MAX);
        match answer.status {
            401 => self.verdicts += 1,
            503 => {
                self.surplus += 1;
                if wait > COME_BACK_WITHIN {
                    self.wrong.push(503);
                }
                sleep(Duration::from_secs(wait.clamp(1, COME_BACK_WITHIN))).await;
            }
            other => self.wrong.push(other),
        }
    }
}

/// Asks for `/livez` and for members' own accounts, until it is over.
async fn probe(site: &Site, members: &[Member], stop: &Stop) -> Probed {
    let (mut clients, mut probed) = ([site.client(0), site.client(1)], Probed::default());
    let mut n = 0;
    while !stop.is_over() {
        let began = Instant::now();
        let member = &members[n % members.len()];
        let client = &mut clients[n / 2 % 2];
        let livez = n.is_multiple_of(2);
        let answer = if livez { client.get("/livez").await } else { me(client, member).await };
        match answer {
            Ok(answer) if answer.status == 200 && livez => probed.livez.push(began.elapsed()),
            Ok(answer) if answer.status == 200 => probed.me.push(began.elapsed()),
            _ => probed.failed += 1,
        }
        n += 1;
        sleep(PROBE_EVERY.saturating_sub(began.elapsed())).await;
    }
    probed
}

async fn me(client: &mut Client, member: &Member) -> Result<Answer> {
    let bearer = format!("Bearer {}", member.tokens.access);
    client.send(Method::GET, "/api/v1/users/me", &[("authorization", &bearer)], Vec::new()).await
}

/// The memory of each server, in bytes.
pub(super) fn memory(site: &Site) -> Vec<u64> {
    site.stand.servers.iter().map(crate::stand::Server::rss).collect()
}

/// The most that each had until it is over.
pub(super) async fn highest(site: &Site, stop: &Stop) -> Vec<u64> {
    let mut highest = memory(site);
    while !stop.is_over() {
        sleep(Duration::from_millis(20)).await;
        for (most, now) in highest.iter_mut().zip(memory(site)) {
            *most = now.max(*most);
        }
    }
    highest
}
