//! P14: five hundred calls at the same moment on a limit of ten, over both servers.

use super::Scale;
use super::site::{Counted, Site, sign_in};
use crate::report::Report;
use crate::stand::{Answer, Client, PASSWORD};
use anyhow::{Result, ensure};
use hyper::Method;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::{Barrier, Semaphore};
use tokio::task::JoinSet;

pub(super) const CROWD: usize = 500;
/// How many of them connect at once.
const GREETINGS: usize = 50;
const LIMIT: u64 = 10;
/// `RATE_LIMIT_PER_MINUTE` as it ships.
const CALLS: u64 = 60;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    SignIns,
    SignUps,
    Calls,
}

impl What {
    fn words(self) -> &'static str {
        match self {
            Self::SignIns => "sign-ins hashed",
            Self::SignUps => "accounts made",
            Self::Calls => "calls admitted",
        }
    }

    fn limit(self) -> u64 {
        if self == Self::Calls { CALLS } else { LIMIT }
    }

    /// How soon one more comes back.
    fn interval(self) -> Duration {
        Duration::from_secs(match self {
            Self::SignIns => 20,
            Self::SignUps => 360,
            Self::Calls => 1,
        })
    }

    /// What may be admitted at once. Each server counts calls for itself where there is no Redis, as docs/api-design.md says;
    /// what Redis has admitted is unknown to what counts after it.
    fn most(self, counted: Counted) -> u64 {
        match (self, counted) {
            (_, Counted::Redis) | (Self::SignIns | Self::SignUps, Counted::Postgres) => self.limit(),
            (Self::Calls, Counted::Postgres) | (_, Counted::RedisThatDies) => 2 * self.limit(),
        }
    }
}

pub(super) async fn run(site: &Arc<Site>, scale: &Scale, report: &mut Report) -> Result<()> {
    for what in [What::SignIns, What::SignUps, What::Calls] {
        let (mut most, mut admitted, mut answered) = (0, Vec::new(), CROWD as u64);
        for round in 0..scale.rounds {
            let began = Instant::now();
            let seen = one_round(site, what, round).await?;
            admitted.push(seen.admitted);
            answered = answered.min(seen.answered);
            let back = began.elapsed().as_secs() / what.interval().as_secs();
            most = most.max(what.most(site.counted) + back);
            site.has_redis_again().await?;
        }
        let name = format!("{} of {CROWD} at once, {}", what.words(), site.counted.words());
        let held = admitted.iter().all(|count| *count <= most);
        let counts: Vec<String> = admitted.iter().map(u64::to_string).collect();
        report.row("P14", &name, format!("at most {most}"), &counts.join(" "), held);
        // Else nothing was tried.
        report.at_least("P14", format!("answered, of {name}"), CROWD as u64 / 2, answered);
    }
    Ok(())
}

/// What became of one round.
struct Round {
    admitted: u64,
    answered: u64,
}

/// Redis dies when some of them are answered.
async fn one_round(site: &Arc<Site>, what: What, round: usize) -> Result<Round> {
    let made = "SELECT count(*) FROM users WHERE email LIKE 'crowd-%'";
    let (hashes, users) = (site.hashes().await?, site.rows(made).await?);
    let from = site.somewhere();
    let answered = Arc::new(AtomicUsize::new(0));
    // Another moment each round.
    let dies_at = 1 + (round * 97) % (CROWD - 50);
    let statuses = at_once(site, CROWD, move |site, client, n| {
        let (from, answered) = (from.clone(), answered.clone());
        async move {
            let status =
                call(what, client, &from, &format!("{round}-{n}")).await.map_or(0, |answer| answer.status);
            if answered.fetch_add(1, Ordering::Relaxed) == dies_at {
                site.lose_redis().await;
            }
            status
        }
    })
    .await?;
    let strange = statuses.iter().find(|status| !matches!(status, 0 | 201 | 401 | 429 | 503));
    ensure!(strange.is_none(), "{what:?} was answered {strange:?}");
    let answered = statuses.iter().filter(|status| **status != 0).count() as u64;
    let admitted = match what {
        What::SignIns => site.hashes().await? - hashes,
        What::SignUps => site.rows(made).await? - users,
        What::Calls => statuses.iter().filter(|status| **status == 401).count() as u64,
    };
    Ok(Round { admitted, answered })
}

async fn call(what: What, mut client: Client, from: &str, n: &str) -> Result<Answer> {
    match what {
        What::SignIns => sign_in(&mut client, from, &format!("nobody-{n}@example.com"), "x", None).await,
        What::SignUps => {
            let body = json!({ "email": format!("crowd-{n}@example.com"), "password": PASSWORD });
            let headers = [("content-type", "application/json"), ("x-forwarded-for", from)];
            client.send(Method::POST, "/api/v1/users", &headers, serde_json::to_vec(&body)?).await
        }
        What::Calls => {
            client.send(Method::GET, "/api/v1/users/me", &[("x-forwarded-for", from)], Vec::new()).await
        }
    }
}

/// Lets so many clients do something at the same moment, each over a connection that has been used before: a server keeps
/// few that never asked anything.
pub(super) async fn at_once<T, Fut>(
    site: &Arc<Site>,
    count: usize,
    what: impl Fn(Arc<Site>, Client, usize) -> Fut + Clone + Send + 'static,
) -> Result<Vec<T>>
where
    T: Send + 'static,
    Fut: Future<Output = T> + Send,
{
    let (ready, turns) = (Arc::new(Barrier::new(count)), Arc::new(Semaphore::new(GREETINGS)));
    let mut calls = JoinSet::new();
    for n in 0..count {
        let (site, ready, turns, what) = (site.clone(), ready.clone(), turns.clone(), what.clone());
        calls.spawn(async move {
            let mut client = site.client(n);
            if let Ok(_turn) = turns.acquire().await {
                // Without it the connection is made at the call.
                let _ = client.get("/livez").await;
            }
            ready.wait().await;
            what(site, client, n).await
        });
    }
    let mut all = Vec::new();
    while let Some(call) = calls.join_next().await {
        all.push(call?);
    }
    Ok(all)
}
