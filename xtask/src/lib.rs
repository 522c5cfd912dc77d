//! The project's own commands: set up and start, prove, measure.
//!
//! It depends on no crate of ours and on few of others', because it is the first thing a bare machine
//! compiles. Whatever a process can do (curl, npm, cargo, rustup) is left to that process.
#![cfg(unix)]

mod args;
mod bench;
mod checks;
mod commands;
mod guides;
mod help;
mod interrupt;
mod lock;
mod migration;
mod paths;
mod postgres;
mod process;
mod prove;
mod scorecard;
mod scratch;
mod site;
mod stamp;
mod start;
mod steps;
mod supply;
mod tests;
mod tools;

use anyhow::Result;
use args::Task;
use std::process::ExitCode;

/// Runs the command that the arguments name.
#[must_use]
pub fn main() -> ExitCode {
    match args::parse(lexopt::Parser::from_env()).and_then(run) {
        Ok(code) => code,
        Err(error) if error.is::<interrupt::Interrupted>() => {
            steps::say("Stopped.");
            ExitCode::from(130)
        }
        Err(error) => {
            steps::say(&format!("\n{error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn run(task: Task) -> Result<ExitCode> {
    interrupt::listen()?;
    match task {
        Task::Help => {
            steps::say(help::HELP);
            Ok(ExitCode::SUCCESS)
        }
        Task::Start(options) => start::run(&options),
        Task::Dev(options) => start::dev::run(&options),
        Task::Build { dist } => site::bundle::run(dist),
        Task::Test { pattern } => commands::test::run(pattern.as_deref()),
        Task::Arrows => checks::arrows::run(),
        Task::Scorecard { tree } => scorecard::run(tree.as_deref()),
        Task::Generate => checks::generate::run(),
        Task::FirstPage => guides::run(guides::FIRST_PAGE),
        Task::FirstField => guides::run(guides::FIRST_FIELD),
        Task::SameSite => site::compare::run(),
        Task::Coverage => commands::coverage::run(),
        Task::Stand { command: "bench", words } => bench::run(&words),
        Task::Stand { command, words } => commands::stand::run(command, &words),
        Task::Schema { cases } => tests::schema::run(cases),
        Task::Prove(which) => prove::run(&which),
        Task::Deny => supply::deny(),
        Task::Sbom => supply::sbom(),
        Task::Migration { name } => migration::run(&name),
        Task::NewPage { name, audience } => guides::new_page::run(&name, audience),
        Task::Postgres { action, cluster } => postgres::command(action, &cluster),
    }
}
