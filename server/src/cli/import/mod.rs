//! `import-users`: accounts of another service, with their hashes.

mod array;
mod progress;
mod record;
mod source;
mod text;

use super::args::ImportUsers;
use super::outcome::{Outcome, refused};
use super::output::{print, tell};
use super::signal::shutdown_signal;
use super::startup::{migrated, open_accounts};
use crate::config::Config;
use crate::config::database::postgres;
use accounts::{Accounts, ImportCounts, ImportLine, Judged};
use edge::problem::chain;
use progress::Progress;
use record::Names;
use source::Source;
use std::error::Error;
use std::io::BufRead;
use std::process::ExitCode;
use store::import::source::{ImportSource, PRESETS, Preset};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// How many lines go into one transaction: enough to be fast, few enough to stop soon.
const CHUNK: usize = 5_000;
/// The exit codes of an import that made no account of some lines, and of one that made all, some without a field. An
/// account that exists already is no failure.
const LINES_REFUSED: u8 = 3;
const FIELDS_LEFT_OUT: u8 = 4;

type Ended = Result<ExitCode, Box<dyn Error + Send + Sync>>;

/// Some lines, and how much of the source was read so far.
struct Chunk {
    judged: Judged,
    read: u64,
}

/// The next chunk is read and checked while the database imports the one before; only one chunk ahead.
type Chunks = mpsc::Receiver<Result<Chunk, String>>;

pub(super) async fn run(config: &Config, words: &ImportUsers) -> Ended {
    let accounts = open_accounts(config)?;
    let preset = PRESETS.iter().find(|known| Some(known.name) == words.preset.as_deref());
    let (total, chunks) = match (&words.file, &words.from) {
        (Some(file), _) => {
            let source =
                Source::open(file, words.format, Names { preset, ignore_unknown: words.ignore_unknown })?;
            (source.bytes(), read_file(accounts.clone(), source))
        }
        (None, from) => {
            let source =
                open(from.as_deref().unwrap_or_default(), preset.ok_or("--preset is missing")?).await?;
            tell(format_args!("accounts in the old database: {}\n", source.accounts()));
            if !words.dry_run && !words.yes && !agreed()? {
                return Ok(ExitCode::SUCCESS);
            }
            (source.accounts(), read_database(accounts.clone(), source))
        }
    };
    if words.dry_run {
        accounts.ready().await.map_err(|error| chain(&error))?;
    } else {
        migrated(config).await?;
    }
    import(&accounts, words.dry_run, Progress::new(total), chunks).await
}

async fn import(accounts: &Accounts, dry_run: bool, mut progress: Progress, mut chunks: Chunks) -> Ended {
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
    sum_up(dry_run, run.counts())?;
    done.map(|()| code(run.counts()))
}

fn sum_up(dry_run: bool, counts: ImportCounts) -> std::io::Result<()> {
    let ImportCounts { made, there_already, repeated, refused, fields_left_out } = counts;
    let word = if dry_run { "would be imported" } else { "imported" };
    let always = [(word, made), ("there already", there_already), ("refused", refused)];
    let rare = [("repeated in the source", repeated), ("fields left out", fields_left_out)];
    let lines = always.into_iter().chain(rare.into_iter().filter(|(_, count)| *count > 0));
    let text: Vec<String> = lines.map(|(word, count)| format!("{word}: {count}\n")).collect();
    print(format_args!("{}", text.concat()))
}

fn code(counts: ImportCounts) -> ExitCode {
    match (counts.refused + counts.repeated, counts.fields_left_out) {
        (0, 0) => ExitCode::SUCCESS,
        (0, _) => FIELDS_LEFT_OUT.into(),
        _ => LINES_REFUSED.into(),
    }
}

async fn take(
    accounts: &Accounts,
    run: &mut accounts::Import,
    chunk: Result<Chunk, String>,
    progress: &mut Progress,
) -> Outcome {
    let Chunk { judged, read } = chunk?;
    let lines = judged.lines();
    let remarks = accounts.import(run, judged).await.map_err(|error| stopped(&error))?;
    progress.remark(&remarks);
    progress.report(lines, read);
    Ok(())
}

/// Why it stops, and what becomes of the lines under way.
fn stopped(error: &accounts::Error) -> String {
    let told = refused(error);
    if !matches!(error, accounts::Error::Unconfirmed(_)) {
        return told;
    }
    format!(
        "{told}\nmore lines may have been imported than were counted; the same command is safe and goes on from there"
    )
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

fn read_database(accounts: Accounts, mut source: ImportSource) -> Chunks {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        let mut read = 0;
        loop {
            let chunk = match source.next().await {
                Ok(forms) if forms.is_empty() => break,
                Ok(forms) => {
                    let lines = forms.into_iter().zip(read + 1..);
                    let lines = lines.map(|(form, line)| ImportLine { line, form: Ok(form) }).collect();
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

async fn open(url: &str, preset: &'static Preset) -> Result<ImportSource, Box<dyn Error + Send + Sync>> {
    let connect = postgres("--from", url)?;
    ImportSource::open(&connect, preset)
        .await
        .map_err(|error| format!("the old database cannot be read: {}", chain(&error)).into())
}

fn agreed() -> std::io::Result<bool> {
    tell(format_args!("import them? [y/N] "));
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer)?;
    Ok(matches!(answer.trim(), "y" | "yes"))
}

/// A chunk under way is always ended, so that the counts shown are true.
fn stop_at_a_signal() -> std::io::Result<CancellationToken> {
    let (stop, signal) = (CancellationToken::new(), shutdown_signal()?);
    let told = stop.clone();
    tokio::spawn(async move {
        signal.await;
        told.cancel();
    });
    Ok(stop)
}
