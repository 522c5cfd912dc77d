//! `cargo xtask faults`: what the servers stand on breaks under load, and what people notice is counted.
//!
//! Planted faults are something else: `faults/` holds mistakes in the code that tests must notice (`cargo xtask prove`).

mod database;
mod kills;
mod others;
mod pool;
mod race;
mod traffic;
mod upgrade;

use crate::report::Report;
use anyhow::{Context, Result, bail};
use serde_json::json;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

const HELP: &str = "\
cargo xtask faults [--short] [--only NAME]… [--from PATH] [--kills N] [--seed N] [--out FOLDER]

Real processes of the release server, a Postgres of their own, Valkey and a mail server are broken under load, and what
people notice is counted: false 401, false success, sign-ins lost, what was acknowledged and is missing. It has nothing to
do with planted faults: those are mistakes in the code (faults/), which tests must notice (cargo xtask prove).

  --short        a minute, as a part of cargo xtask test
  --only NAME    one part: database (P18), valkey (P18), pool (P19), kills (P20), mail (P20), disk (P20), race (P21),
                 clock (P23), upgrade (P22)
  --from PATH    the older program that is upgraded from; the same one where it is not given
  --kills N      how often a server is killed (300)
  --seed N       what decides when (a run with the same seed kills at the same moments)
  --out FOLDER   where faults.txt and faults.json go (target/faults; with --short target/faults-short)";

const PARTS: &[&str] = &["database", "valkey", "pool", "kills", "mail", "disk", "race", "clock", "upgrade"];

/// What is asked for, and what was found so far.
#[derive(Debug, Default)]
struct Run {
    short: bool,
    only: Vec<String>,
    from: Option<PathBuf>,
    kills: u64,
    seed: u64,
    out: PathBuf,
    report: Report,
}

/// Runs what the words ask for.
///
/// # Errors
/// Where the words are not understood, or nothing could be measured.
pub async fn run(words: &[String]) -> Result<ExitCode> {
    if words.iter().any(|word| word == "--help") {
        println!("{HELP}");
        return Ok(ExitCode::SUCCESS);
    }
    let mut run = parse(words)?;
    let began = Instant::now();
    let (mut apart, mut rest, mut last) = (run.part(), run.part(), run.part());
    // The short form has a minute, most of which is waiting.
    let lane = |part: &str| match part {
        "database" if run.short => 0,
        "upgrade" if run.short => 2,
        _ => 1,
    };
    let mut lanes = [const { Vec::new() }; 3];
    for part in PARTS.iter().filter(|part| run.wants(part)) {
        lanes[lane(part)].push(*part);
    }
    tokio::join!(some(&mut apart, &lanes[0]), some(&mut rest, &lanes[1]), some(&mut last, &lanes[2]));
    run.report.rows = [apart.report.rows, rest.report.rows, last.report.rows].concat();
    let seconds = began.elapsed().as_secs();
    let about = json!({ "command": words.join(" "), "seconds": seconds, "seed": run.seed });
    run.report.write(&run.out, "faults", &about)?;
    println!("\nAfter {seconds} s; also in {}:", run.out.join("faults.json").display());
    Ok(run.report.conclude())
}

/// Some parts, one after the other.
async fn some(run: &mut Run, parts: &[&'static str]) {
    for part in parts {
        println!("… {part}");
        if let Err(error) = one(run, part).await {
            run.report.broke(part, &error);
        }
    }
}

async fn one(run: &mut Run, part: &str) -> Result<()> {
    match part {
        "database" => database::run(run).await,
        "valkey" => others::valkey(run).await,
        "pool" => pool::run(run).await,
        "kills" => kills::run(run).await,
        "mail" => others::mail(run).await,
        "disk" => others::disk(run).await,
        "race" => race::run(run).await,
        "clock" => others::clock(run).await,
        _ => upgrade::run(run).await,
    }
}

impl Run {
    /// The same, with a report of its own.
    fn part(&self) -> Self {
        Self {
            from: self.from.clone(),
            kills: self.kills,
            seed: self.seed,
            short: self.short,
            report: Report { tells_times: self.short, ..Report::default() },
            ..Self::default()
        }
    }

    fn wants(&self, part: &str) -> bool {
        // Waiting for a mail that is tried again takes a minute.
        let leaves_out = self.short && matches!(part, "mail" | "disk" | "clock");
        if self.only.is_empty() { !leaves_out } else { self.only.iter().any(|only| only == part) }
    }
}

fn parse(words: &[String]) -> Result<Run> {
    use lexopt::prelude::{Long, ValueExt};
    let (mut run, mut out) = (Run { kills: 300, seed: 14, ..Run::default() }, None);
    let mut parser = lexopt::Parser::from_args(words);
    while let Some(word) = parser.next()? {
        match word {
            Long("short") => run.short = true,
            Long("only") => run.only.push(parser.value()?.string()?),
            Long("from") => run.from = Some(parser.value()?.into()),
            Long("kills") => run.kills = parser.value()?.parse().context("--kills needs a number")?,
            Long("seed") => run.seed = parser.value()?.parse().context("--seed needs a number")?,
            Long("out") => out = Some(parser.value()?.into()),
            _ => bail!(HELP),
        }
    }
    // A test leaves the report of a long run alone.
    let usual = if run.short { "target/faults-short" } else { "target/faults" };
    run.out = out.unwrap_or_else(|| usual.into());
    if let Some(unknown) = run.only.iter().find(|only| !PARTS.contains(&only.as_str())) {
        bail!("there is no part `{unknown}`\n\n{HELP}");
    }
    Ok(run)
}

/// The first few of what is wrong, under the rows that count it.
fn print_some(list: &[String]) {
    for said in list.iter().take(5) {
        let said: String = said.chars().take(300).collect();
        println!("    {said}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(words: &[&str]) -> Result<Run> {
        parse(&words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>())
    }

    #[test]
    fn parts_are_chosen_by_name() {
        let run = parsed(&["--only", "race", "--only", "pool", "--kills", "3"]).unwrap();
        assert!(run.wants("race") && run.wants("pool") && !run.wants("database"));
        assert_eq!(run.kills, 3);
        assert!(parsed(&["--only", "rice"]).is_err());
    }

    #[test]
    fn the_short_form_leaves_out_what_takes_a_minute() {
        let run = parsed(&["--short"]).unwrap();
        assert!(run.wants("database") && !run.wants("mail"));
        assert_eq!(run.out, PathBuf::from("target/faults-short"));
        assert_eq!(parsed(&["--short", "--out", "a"]).unwrap().out, PathBuf::from("a"));
    }
}
