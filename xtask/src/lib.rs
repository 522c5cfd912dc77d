//! The project's own commands: set up and start, prove, measure.
//!
//! It depends on no crate of ours and on few of others', because it is the first thing a bare machine
//! compiles. Whatever a process can do (curl, npm, cargo, rustup) is left to that process.
#![cfg(unix)]

mod args;
mod arrows;
mod bundle;
mod coverage;
mod dev;
#[path = "../../server/src/config/dotenv.rs"]
mod dotenv;
mod fault;
mod first_page;
mod generate;
mod interrupt;
mod leftovers;
mod migration;
mod npm;
mod paths;
mod port;
mod postgres;
mod prerequisites;
mod process;
mod prove;
mod python;
mod scratch;
mod server;
mod settings;
mod setup;
mod site;
mod stamp;
mod start;
mod steps;
mod test;
mod tools;
mod version;

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
            steps::say(args::HELP);
            Ok(ExitCode::SUCCESS)
        }
        Task::Start(options) => start::run(&options),
        Task::Dev(options) => dev::run(&options),
        Task::Build => bundle::run(),
        Task::Test { pattern } => test::run(pattern.as_deref()),
        Task::Arrows => arrows::run(),
        Task::Generate => generate::run(),
        Task::FirstPage => first_page::run(),
        Task::SameSite => site::compare::run(),
        Task::Coverage => coverage::run(),
        Task::Schema { cases } => test::schema::run(cases),
        Task::Prove(which) => prove::run(&which),
        Task::Migration { name } => migration::run(&name),
        Task::Postgres { action, cluster } => postgres::command(action, &cluster),
    }
}
