//! Who had the cores. The servers, their Postgres and the load itself share them here, and others may too: then a time says
//! nothing of the servers.

use super::site::Site;
use crate::report::Report;
use crate::stand::{Server, child};
use std::fs;
use std::time::{Duration, Instant};

/// From this share of the cores on others spoil a measurement of time, in percent.
const SPOILT: u64 = 20;

/// Processor time that was spent until some moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Spent {
    at: Instant,
    servers: Duration,
    postgres: Duration,
    load: Duration,
    machine: Duration,
}

/// The shares since, in percent of all cores.
#[derive(Debug, Clone, Copy)]
pub(super) struct Split {
    servers: u64,
    postgres: u64,
    load: u64,
    others: u64,
    judges: bool,
}

impl Spent {
    pub(super) fn now(site: &Site) -> Self {
        Self {
            at: Instant::now(),
            servers: site.stand.servers.iter().map(Server::cpu).sum(),
            postgres: backends(site.stand.database.name()),
            load: child::cpu(std::process::id()),
            machine: busy(),
        }
    }

    /// The shares since then. A short form is a part of the tests, which judge no times.
    pub(super) fn since(&self, site: &Site, judges: bool) -> Split {
        let now = Self::now(site);
        let all = self.at.elapsed().as_millis() * super::cores() as u128;
        let part = |spent: Duration| u64::try_from(100 * spent.as_millis() / all.max(1)).unwrap_or(100);
        let servers = now.servers.saturating_sub(self.servers);
        let postgres = now.postgres.saturating_sub(self.postgres);
        let load = now.load.saturating_sub(self.load);
        let others = now.machine.saturating_sub(self.machine).saturating_sub(servers + postgres + load);
        let (servers, postgres, load, others) = (part(servers), part(postgres), part(load), part(others));
        Split { servers, postgres, load, others, judges }
    }
}

impl Split {
    pub(super) fn words(&self) -> String {
        let Self { servers, postgres, load, others, .. } = self;
        format!("servers {servers} %, Postgres {postgres} %, this load {load} %, others {others} %")
    }

    /// Whether what depends on time says something of the servers.
    pub(super) fn judges(&self) -> bool {
        self.judges && self.others < SPOILT
    }

    /// A time that may be no longer.
    pub(super) fn at_most(
        &self,
        report: &mut Report,
        promise: &'static str,
        what: &str,
        [most, time, calm]: [Duration; 3],
    ) {
        let measured = format!("{time:.0?} (calm {calm:.0?})");
        if self.judges() {
            report.row(promise, what, format!("at most {most:?}"), &measured, time <= most);
        } else {
            let why = format!("not judged here: others had {} % of the cores; at most {most:?}", self.others);
            report.note(promise, what, &format!("{measured} ({why})"));
        }
    }
}

/// What Postgres' processes for a database have used.
fn backends(database: &str) -> Duration {
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    let pids = all.filter_map(|entry| entry.file_name().to_str()?.parse::<u32>().ok());
    let ours = pids.filter(|pid| {
        let words = fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        words.starts_with(b"postgres: ") && String::from_utf8_lossy(&words).contains(database)
    });
    ours.map(child::cpu).sum()
}

/// What all cores have worked, of `/proc/stat` (user, nice, system, irq, softirq; ticks of 10 ms).
fn busy() -> Duration {
    let stat = fs::read_to_string("/proc/stat").unwrap_or_default();
    let line = stat.lines().next().unwrap_or_default();
    let fields: Vec<u64> = line.split_whitespace().skip(1).map(|field| field.parse().unwrap_or(0)).collect();
    let ticks: u64 = [0, 1, 2, 5, 6].iter().filter_map(|field| fields.get(*field)).sum();
    Duration::from_millis(10 * ticks)
}
