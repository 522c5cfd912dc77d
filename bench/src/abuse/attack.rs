//! Attempts to sign in, evenly over a time and over some connections.

use super::site::{Site, sign_in};
use anyhow::Result;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};
use tokio::task::JoinSet;
use tokio::time::sleep_until;

/// Over how many connections to each server an attacker calls.
const CONNECTIONS: usize = 8;

/// One attempt.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    pub(super) from: String,
    pub(super) name: String,
    pub(super) password: String,
}

/// What became of all of them.
#[derive(Debug, Default)]
pub(super) struct Tried {
    /// Answered with a verdict, by address.
    pub(super) looked_at: BTreeMap<String, u64>,
    /// Answered 429.
    pub(super) refused: u64,
    /// Answered 503, or not at all.
    pub(super) lost: u64,
}

impl Tried {
    pub(super) fn looked_at(&self) -> u64 {
        self.looked_at.values().sum()
    }

    /// Of the address that had most.
    pub(super) fn most(&self) -> u64 {
        self.looked_at.values().max().copied().unwrap_or_default()
    }

    pub(super) fn all(&self) -> u64 {
        self.looked_at() + self.refused + self.lost
    }

    fn note(&mut self, from: String, status: Option<u16>) {
        match status {
            Some(200 | 401) => *self.looked_at.entry(from).or_default() += 1,
            Some(429) => self.refused += 1,
            _ => self.lost += 1,
        }
    }
}

/// When attempts come.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    pub(super) count: usize,
    pub(super) lasts: Duration,
    /// When the first of them was refused.
    pub(super) first_refusal: Arc<OnceLock<Instant>>,
}

impl Pace {
    pub(super) fn new(count: usize, lasts: Duration) -> Self {
        Self { count, lasts, first_refusal: Arc::default() }
    }
}

/// Makes them all; the n-th is what `attempt` says.
pub(super) async fn attack(
    site: &Arc<Site>,
    pace: &Pace,
    attempt: impl Fn(&Site, usize) -> Attempt + Clone + Send + 'static,
) -> Result<Tried> {
    let (begin, mut callers) = (Instant::now(), JoinSet::new());
    for first in 0..CONNECTIONS {
        let (site, pace, attempt) = (site.clone(), pace.clone(), attempt.clone());
        callers.spawn(async move {
            let (mut clients, mut tried) = ([site.client(0), site.client(1)], Tried::default());
            for n in (first..pace.count).step_by(CONNECTIONS) {
                sleep_until((begin + turn(n, pace.count, pace.lasts)).into()).await;
                let Attempt { from, name, password } = attempt(&site, n);
                let client = &mut clients[n / CONNECTIONS % 2];
                let status =
                    sign_in(client, &from, &name, &password, None).await.map(|answer| answer.status).ok();
                if status == Some(429) {
                    pace.first_refusal.get_or_init(Instant::now);
                }
                tried.note(from, status);
            }
            tried
        });
    }
    let mut all = Tried::default();
    while let Some(tried) = callers.join_next().await {
        let tried = tried?;
        for (from, count) in tried.looked_at {
            *all.looked_at.entry(from).or_default() += count;
        }
        all.refused += tried.refused;
        all.lost += tried.lost;
    }
    Ok(all)
}

/// When the n-th of so many begins.
pub(super) fn turn(n: usize, of: usize, lasts: Duration) -> Duration {
    let (n, of) = (u32::try_from(n).unwrap_or(u32::MAX), u32::try_from(of).unwrap_or(u32::MAX));
    lasts * n / of.max(1)
}
