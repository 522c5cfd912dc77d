//! Real processes of the server, over a real database: measured, and broken.
//!
//! It knows the server from outside alone: its settings, its paths, its tables. `cargo xtask` builds the server for
//! release and starts this program, which names it by `SERVER_BIN`.

pub mod abuse;
pub mod faults;
pub mod report;
pub mod speed;
pub mod stand;

use anyhow::{Result, bail};
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};

const HELP: &str = "\
bench COMMAND, usually by `cargo xtask`, which builds the server before

  speed       how fast the server is, beside what bounds it; `bench speed --help` says how
  stand       two servers over one database: sign up on one, read on the other
  faults      break what the servers stand on; `bench faults --help` says how
  abuse       guesses, floods, forged headers and strange input; `bench abuse --help` says how

DATABASE_URL names a Postgres where databases may be made, PG_BINDIR Postgres' programs, VALKEY_SERVER a Valkey,
SERVER_BIN the server (target/release/server), LEPTOS_SITE_ROOT its files.";

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    allow_files();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let words: Vec<String> = std::env::args().skip(1).collect();
        // Dropped when interrupted, so that whatever was started ends.
        let ran = tokio::select! {
            ran = run(&words) => ran,
            () = interrupted() => return ExitCode::from(130),
        };
        ran.unwrap_or_else(|error| {
            eprintln!("\n{error:#}");
            ExitCode::FAILURE
        })
    })
}

/// Lets this process, and the servers that it starts, hold as many connections as the machine allows: a thousand that stand
/// open are part of an attack.
fn allow_files() {
    if let Ok((_, most)) = getrlimit(Resource::RLIMIT_NOFILE) {
        let _ = setrlimit(Resource::RLIMIT_NOFILE, most, most);
    }
}

/// SIGINT or SIGTERM.
async fn interrupted() {
    let Ok(mut ended) = signal(SignalKind::terminate()) else { return std::future::pending().await };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = ended.recv() => {}
    }
}

async fn run(words: &[String]) -> Result<ExitCode> {
    let Some((command, words)) = words.split_first() else { bail!(HELP) };
    match command.as_str() {
        "abuse" => abuse::run(words).await,
        "faults" => faults::run(words).await,
        "speed" => speed::run(words).await,
        "stand" if words.is_empty() => stand::smoke::run().await,
        _ => bail!(HELP),
    }
}
