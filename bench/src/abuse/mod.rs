//! Abuse: guesses, stuffing, forged headers, floods and strange input against two servers of the release build, on
//! loopback alone, bounded in time and in count. Where a run is short, it has fewer attempts and the same bounds.

mod alerts;
mod attack;
mod crowd;
mod flood;
mod forged;
mod honest;
mod raw;
mod scrape;
mod siege;
mod site;
mod split;
mod strange;

use crate::report::Report;
use anyhow::{Context, Result, bail};
use serde_json::json;
use site::{Counted, Site};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant};

const HELP: &str = "\
bench abuse [--short] [--minutes N] [--only redis|postgres|killed]

Attacks two servers that count limits in Redis, in Postgres, and in Redis until it is killed in the middle: P12 to P17 and
P34 of docs/promises.md. The long form takes some 20 minutes, ten of them for 10,000 guesses at each site, which --minutes
shortens. --short attacks the last site alone, in less than a minute. The report is target/abuse/report.txt and .json.";

/// What each site meets after its siege, in this order.
const PARTS: [&str; 5] = ["crowd", "forged", "strange", "flood", "honest"];

/// How much is tried.
#[derive(Debug, Clone)]
struct Scale {
    counted: Vec<Counted>,
    /// How long passwords are guessed, and how many at one account.
    siege: Duration,
    guesses: usize,
    /// How often its owner signs in meanwhile.
    owner: usize,
    /// Attempts of a stuffer, and of each sprayer.
    stuffing: usize,
    spraying: usize,
    /// Rounds of many calls at once.
    rounds: usize,
    flood: Duration,
    half_open: usize,
    honest: Duration,
    /// Whether times are judged, and not only told.
    judges: bool,
}

impl Scale {
    fn long(minutes: u32) -> Self {
        Self {
            counted: Counted::ALL.to_vec(),
            siege: Duration::from_mins(1) * minutes,
            guesses: 1_000 * minutes as usize,
            owner: 50,
            stuffing: 120 * minutes as usize,
            spraying: 10 * minutes as usize,
            rounds: 5,
            flood: Duration::from_secs(15),
            half_open: 3_000,
            honest: Duration::from_mins(1),
            judges: true,
        }
    }

    fn short() -> Self {
        Self {
            // The other two are in it: it counts in Redis first, and then in Postgres.
            counted: vec![Counted::RedisThatDies],
            siege: Duration::from_secs(8),
            guesses: 400,
            owner: 20,
            stuffing: 60,
            spraying: 6,
            rounds: 1,
            flood: Duration::from_secs(3),
            half_open: 1_000,
            honest: Duration::from_secs(8),
            judges: false,
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Where the words are not understood, or a site does not come up.
pub async fn run(words: &[String]) -> Result<ExitCode> {
    let scale = scale(words)?;
    let began = Instant::now();
    let mut report = Report { tells_times: !scale.judges, ..Report::default() };
    let mut sites = Vec::new();
    for counted in &scale.counted {
        sites.push(Arc::new(Site::start(*counted).await?));
    }
    // These take as long as guessing takes and little of the cores: all sites at once.
    let sieges: Vec<_> = sites
        .iter()
        .map(|site| {
            let (site, scale) = (site.clone(), scale.clone());
            tokio::spawn(async move {
                let mut report = Report { tells_times: !scale.judges, ..Report::default() };
                attacked("siege", &site, &scale, &mut report).await;
                report
            })
        })
        .collect();
    for siege in sieges {
        report.rows.extend(siege.await?.rows);
    }
    for site in &sites {
        for part in PARTS {
            attacked(part, site, &scale, &mut report).await;
        }
    }
    let about = json!({ "minutes": scale.siege.as_secs_f64() / 60.0, "seconds": began.elapsed().as_secs(), "cores": cores() });
    report.write(Path::new("target/abuse"), "report", &about)?;
    Ok(report.conclude())
}

/// One part; an error in it takes nothing from the others.
async fn attacked(part: &str, site: &Arc<Site>, scale: &Scale, report: &mut Report) {
    let ran = match part {
        "siege" => siege::run(site, scale, report).await,
        "crowd" => crowd::run(site, scale, report).await,
        "forged" => forged::run(site, scale, report).await,
        "strange" => strange::run(site, scale, report).await,
        "flood" => flood::run(site, scale, report).await,
        _ => honest::run(site, scale, report).await,
    };
    if let Err(error) = ran {
        report.broke(&format!("{part}, {}", site.counted.words()), &error);
    }
}

/// What the words of the command ask for.
fn scale(words: &[String]) -> Result<Scale> {
    let (mut short, mut minutes, mut only, mut words) = (false, 10, None, words.iter());
    while let Some(word) = words.next() {
        match word.as_str() {
            "--short" => short = true,
            "--minutes" => {
                minutes =
                    words.next().and_then(|word| word.parse().ok()).context("--minutes needs a number")?;
            }
            "--only" => {
                only = Some(match words.next().map(String::as_str) {
                    Some("redis") => Counted::Redis,
                    Some("postgres") => Counted::Postgres,
                    Some("killed") => Counted::RedisThatDies,
                    _ => bail!("--only needs redis, postgres or killed"),
                });
            }
            _ => bail!(HELP),
        }
    }
    let mut scale = if short { Scale::short() } else { Scale::long(minutes) };
    if let Some(only) = only {
        scale.counted = vec![only];
    }
    Ok(scale)
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// Whether these alerts fired, and where none is named, that none did.
fn tell_alerts(what: &str, expected: &[&str], firing: &[String], report: &mut Report) {
    if expected.is_empty() {
        report.timed("alerts", format!("none fires: {what}"), "none", &firing.join(", "), firing.is_empty());
    }
    for alert in expected {
        let fires = firing.iter().any(|known| known == alert);
        report.timed(
            "alerts",
            format!("{alert}: {what}"),
            "fires",
            &if fires { "fires" } else { "does not" },
            fires,
        );
    }
}

/// The value below which so many of a hundred lie.
fn percentile(times: &mut [Duration], of_a_hundred: usize) -> Duration {
    times.sort_unstable();
    let place = (times.len() * of_a_hundred).div_ceil(100).saturating_sub(1);
    times.get(place).copied().unwrap_or_default()
}
