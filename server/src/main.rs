//! Reads the configuration and runs one command.

#![deny(clippy::print_stdout, clippy::print_stderr)]

use clap::Parser;
use server::cli::{self, Cli, Command, Keys, logging, output};
use server::config::{self, AppEnv, Config, ConfigErrors};
use server::log;
use std::process::ExitCode;

fn main() -> ExitCode {
    let _last = Last;
    begin().unwrap_or_else(|error| stop(&error))
}

/// Writes the last lines of the log, also where a panic ends the process.
struct Last;

impl Drop for Last {
    fn drop(&mut self) {
        log::flush();
    }
}

/// While there is only one thread, because reading `.env` sets variables.
fn begin() -> Result<ExitCode, ConfigErrors> {
    let env = AppEnv::of(std::env::var("APP_ENV").ok().as_deref())?;
    if env == AppEnv::Development {
        config::read_dotenv()?;
    }
    let cli = Cli::parse();
    let command = cli.command.unwrap_or_default();
    if let Some(document) = command.document() {
        return Ok(output::print(format_args!("{document}"))
            .map_or_else(|error| stop(&error), |()| ExitCode::SUCCESS));
    }
    let config = match command.keys() {
        Keys::Needed => Config::with_keys(&cli.settings)?,
        Keys::LookedAt => Config::only_looking(&cli.settings)?,
        Keys::Unread => Config::new(&cli.settings)?,
    };
    logging::init(config.log_format, cli.settings.rust_log.as_deref())?;
    Ok(run(command, &config))
}

fn run(command: Command, config: &Config) -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return stop(&error),
    };
    match runtime.block_on(cli::run(command, config)) {
        Ok(code) => code,
        Err(error) => stop(&*error),
    }
}

fn stop(error: &dyn std::error::Error) -> ExitCode {
    for line in error.to_string().lines() {
        output::tell(format_args!("server: {line}\n"));
    }
    ExitCode::FAILURE
}
