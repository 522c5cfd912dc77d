//! `cargo xtask bench`: how fast the server is, each figure beside what it is compared with, in one run.
//!
//! Figures are processor time of each request, which a busy machine does not spoil, and ratios of one run.

mod admin;
mod fastapi;
mod limits;
mod load;
mod memory;
mod page;
mod peer;
mod people;
mod pgbench;
mod population;
mod requests;
mod results;
mod sample;
mod sign_in;
mod tokens;
mod turns;
mod users_me;

use crate::stand::{Answer, Setup, Stand, Tokens};
use anyhow::{Context, Result, bail};
use results::Results;
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};
use turns::Plan;

const HELP: &str = "bench speed [--quick] [--out FILE] [FIGURE…]";

/// In the order in which they are measured.
const FIGURES: &[&str] =
    &["users_me", "page", "refresh", "sign_in", "select", "fastapi", "memory", "population", "limits"];

/// What most figures are measured on: one server as in production, and people to sign in.
struct Main {
    stand: Stand,
    emails: Vec<String>,
    /// Of some of them.
    tokens: Vec<Tokens>,
}

struct Options {
    quick: bool,
    out: PathBuf,
    figures: Vec<String>,
}

impl Options {
    fn read(words: &[String]) -> Result<Self> {
        let mut options = Self { quick: false, out: PathBuf::from("target/bench.json"), figures: Vec::new() };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => options.quick = true,
                "--out" => options.out = words.next().context(HELP)?.into(),
                figure if FIGURES.contains(&figure) => options.figures.push(figure.to_owned()),
                _ => bail!("{HELP}\nFigures: {}", FIGURES.join(", ")),
            }
        }
        Ok(options)
    }

    fn plan(&self) -> Plan {
        if self.quick {
            let time = Duration::from_millis(700);
            return Plan {
                time,
                rounds: 1,
                people: [1_000, 3_000, 10_000],
                sign_ins: 200,
                rest: Duration::from_secs(1),
            };
        }
        Plan {
            time: Duration::from_secs(3),
            rounds: 3,
            people: [1_000, 100_000, 1_000_000],
            sign_ins: 1_000,
            rest: Duration::from_secs(10),
        }
    }
}

/// Measures what the words ask for, and writes it down. A figure that cannot be measured stops no other.
///
/// # Errors
/// Where the stand does not come up, or the results cannot be written.
pub async fn run(words: &[String]) -> Result<ExitCode> {
    let options = Options::read(words)?;
    let (plan, began) = (options.plan(), Instant::now());
    let mut results = Results::default();
    let setup = Setup::servers(1).set("RATE_LIMIT_PER_MINUTE", "10000000").set("COMPAT", "cookie");
    let stand = setup.start().await?;
    let hash = people::hash(&mut stand.servers[0].client(), stand.sql()).await?;
    people::fill(stand.sql(), 1_000, &hash).await?;
    let emails = people::emails(stand.sql(), 900).await?;
    let tokens = tokens::sign_in(&stand.servers[0], &emails[..80]).await?;
    let main = Main { stand, emails, tokens };
    for figure in FIGURES {
        if !options.figures.is_empty() && !options.figures.iter().any(|asked| asked == figure) {
            continue;
        }
        println!("{figure}");
        let measured = match *figure {
            "users_me" => users_me::run(plan, &main, &mut results).await,
            "page" => page::run(plan, &main, &mut results).await,
            "refresh" => pgbench::refresh(plan, &main, &mut results).await,
            "sign_in" => sign_in::run(plan, &main, &mut results).await,
            "select" => pgbench::select(plan, &mut results).await,
            "fastapi" => fastapi::run(plan, &main, &hash, &mut results).await,
            "memory" => memory::run(plan, &hash, &mut results).await,
            "population" => population::run(plan, &hash, &mut results).await,
            _ => limits::run(plan, &hash, &mut results).await,
        };
        if let Err(error) = measured {
            results.missing(figure, &error);
        }
    }
    let about = json!({
        "quick": options.quick,
        "seconds": plan.time.as_secs_f64(),
        "rounds": plan.rounds,
        "took_seconds": began.elapsed().as_secs(),
        "postgres": sqlx::query_scalar::<_, String>("SHOW server_version").fetch_one(main.stand.sql()).await?,
    });
    results.write(&options.out, &about)?;
    println!("{} after {} s", options.out.display(), began.elapsed().as_secs());
    Ok(if results.whole() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The cookies that an answer sets, as they are sent back.
fn cookies(answer: &Answer) -> String {
    let set = answer.headers.get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
    let pairs = set.filter_map(|cookie| cookie.split(';').next());
    pairs.filter(|pair| !pair.ends_with('=')).collect::<Vec<_>>().join("; ")
}
