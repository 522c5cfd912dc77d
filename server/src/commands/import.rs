//! `import-users`: accounts of another service, with their hashes.

mod source;

pub use source::Format;

use super::{Outcome, accounts, migrate, refused};
use crate::cli::ImportUsers;
use crate::config::{self, Config};
use crate::serve;
use accounts::{Accounts, Judged, Numbered, Refusal};
use edge::problem::chain;
use source::Source;
use std::error::Error;
use std::io::{BufRead, IsTerminal};
use std::time::{Duration, Instant};
use store::old::{Old, PRESETS};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How many lines go into one transaction: enough to be fast, few enough to stop soon.
const CHUNK: usize = 5_000;

/// Some lines, and how much of the source was read so far.
struct Chunk {
    judged: Judged,
    read: u64,
}

/// What is read and judged while the database takes what came before, and never more than that.
type Chunks = mpsc::Receiver<Result<Chunk, String>>;

pub(super) async fn run(config: &Config, words: &ImportUsers) -> Outcome {
    let accounts = accounts(config)?;
    let (total, chunks) = match (&words.file, &words.from) {
        (Some(file), _) => {
            let source = Source::open(file, words.format)?;
            (source.bytes(), read_file(accounts.clone(), source))
        }
        (None, from) => {
            let old = open(from.as_deref().unwrap_or_default(), words.preset.as_deref()).await?;
            eprintln!("accounts in the old database: {}", old.accounts());
            if !words.dry_run && !words.yes && !agreed()? {
                return Ok(());
            }
            (old.accounts(), read_database(accounts.clone(), old))
        }
    };
    if words.dry_run {
        accounts.ready().await.map_err(|error| chain(&error))?;
    } else {
        migrate(config).await?;
    }
    import(&accounts, words.dry_run, Progress::new(total), chunks).await
}

async fn import(accounts: &Accounts, dry_run: bool, mut progress: Progress, mut chunks: Chunks) -> Outcome {
    let stop = stop_at_a_signal()?;
    let mut run = accounts.begin_import(dry_run).await.map_err(|error| refused(&error))?;
    let mut done = Ok(());
    while let Some(chunk) = chunks.recv().await {
        match take(accounts, &mut run, chunk, &mut progress).await {
            Ok(()) if !stop.is_cancelled() => {}
            Ok(()) => {
                done =
                    Err("stopped; what was imported stays, and the same command goes on from there".into());
                break;
            }
            Err(error) => {
                done = Err(error);
                break;
            }
        }
    }
    progress.end();
    let counts = run.counts();
    let made = if dry_run { "would be imported" } else { "imported" };
    println!("{made}: {}\nthere already: {}\nrefused: {}", counts.made, counts.there_already, counts.refused);
    done
}

async fn take(
    accounts: &Accounts,
    run: &mut accounts::Import,
    chunk: Result<Chunk, String>,
    progress: &mut Progress,
) -> Outcome {
    let Chunk { judged, read } = chunk?;
    let lines = judged.lines();
    let refusals = accounts.import(run, judged).await.map_err(|error| refused(&error))?;
    progress.tell(&refusals);
    progress.report(lines, read);
    Ok(())
}

fn read_file(accounts: Accounts, mut source: Source) -> Chunks {
    let (sender, receiver) = mpsc::channel(1);
    tokio::task::spawn_blocking(move || {
        while let Some(lines) = source.chunk(CHUNK).transpose() {
            let read = source.read();
            let chunk = lines.map(|lines| Chunk { judged: accounts.judge(accounts.now(), lines), read });
            let over = chunk.is_err();
            if sender.blocking_send(chunk.map_err(|error| error.to_string())).is_err() || over {
                break;
            }
        }
    });
    receiver
}

fn read_database(accounts: Accounts, mut old: Old) -> Chunks {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut read = 0;
        loop {
            let chunk = match old.next().await {
                Ok(forms) if forms.is_empty() => break,
                Ok(forms) => {
                    let lines = forms.into_iter().zip(read + 1..);
                    let lines = lines.map(|(form, line)| Numbered { line, form: Ok(form) }).collect();
                    let judged = accounts.judge(accounts.now(), lines);
                    read += judged.lines();
                    Ok(Chunk { judged, read })
                }
                Err(error) => Err(chain(&error)),
            };
            let over = chunk.is_err();
            if sender.send(chunk).await.is_err() || over {
                break;
            }
        }
    });
    receiver
}

async fn open(url: &str, preset: Option<&str>) -> Result<Old, Box<dyn Error + Send + Sync>> {
    let connect = config::postgres("--from", url)?;
    let preset = PRESETS.iter().find(|known| Some(known.name) == preset).ok_or("--preset is missing")?;
    Old::open(&connect, preset)
        .await
        .map_err(|error| format!("the old database cannot be read: {}", chain(&error)).into())
}

fn agreed() -> std::io::Result<bool> {
    eprint!("import them? [y/N] ");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "yes"))
}

/// A chunk under way is always ended, so that the counts shown are true.
fn stop_at_a_signal() -> std::io::Result<CancellationToken> {
    let (stop, signal) = (CancellationToken::new(), serve::shutdown_signal()?);
    let told = stop.clone();
    tokio::spawn(async move {
        signal.await;
        told.cancel();
    });
    Ok(stop)
}

/// What the operator sees on the way: one line that changes on a terminal, ten lines elsewhere.
struct Progress {
    terminal: bool,
    begun: Instant,
    total: u64,
    lines: u64,
    next: u64,
}

impl Progress {
    fn new(total: u64) -> Self {
        let terminal = std::io::stderr().is_terminal();
        Self { terminal, begun: Instant::now(), total: total.max(1), lines: 0, next: 10 }
    }

    fn tell(&self, refusals: &[Refusal]) {
        if !refusals.is_empty() {
            self.clear();
        }
        for Refusal { line, errors } in refusals {
            let reasons: Vec<_> = errors.iter().map(|e| format!("{}: {}", e.field, e.message)).collect();
            eprintln!("line {line}: {}", reasons.join("; "));
        }
    }

    fn report(&mut self, lines: u64, read: u64) {
        self.lines += lines;
        let percent = read.min(self.total) * 100 / self.total;
        if self.terminal {
            self.clear();
            eprint!("{}", self.sentence(read, percent));
        } else if percent >= self.next {
            self.next = percent / 10 * 10 + 10;
            eprintln!("{}", self.sentence(read, percent));
        }
    }

    fn sentence(&self, read: u64, percent: u64) -> String {
        let elapsed = self.begun.elapsed();
        let per_second = u128::from(self.lines) * 1_000 / elapsed.as_millis().max(1);
        let left =
            elapsed.as_millis() * u128::from(self.total.saturating_sub(read)) / u128::from(read.max(1));
        let left = Duration::from_millis(u64::try_from(left).unwrap_or(u64::MAX)).as_secs();
        format!("{percent} %, {} lines, {per_second} a second, {left} s left", self.lines)
    }

    fn clear(&self) {
        if self.terminal {
            eprint!("\r\x1b[K");
        }
    }

    fn end(&self) {
        if self.terminal {
            eprintln!();
        }
    }
}
