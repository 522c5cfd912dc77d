//! The command line: one file per command.

mod args;
mod audit;
mod calibrate;
mod create_admin;
mod doctor;
mod factors;
mod healthcheck;
mod import;
mod invite;
mod link;
pub mod logging;
mod outcome;
pub mod output;
mod rotate_keys;
mod serve;
mod signal;
mod startup;

pub use args::{Cli, Command, Keys};

use crate::config::secret::secret;
use crate::config::{Compat, Config};
use crate::rest::openapi;
use accounts::retention;
use std::error::Error;
use std::process::ExitCode;

/// Runs one command to its end.
///
/// # Errors
/// What stopped it, in one sentence.
pub async fn run(command: Command, config: &Config) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    match command {
        Command::Audit(command) => return audit::run(config, command).await,
        Command::ImportUsers(words) => return import::run(config, &words).await,
        Command::Doctor(words) => return doctor::run(config, words).await,
        Command::Serve => serve::run(config).await?,
        Command::Migrate => startup::migrate(config).await?,
        Command::CreateAdmin { email, if_none, admin_password, admin_password_file } => {
            let password =
                secret("ADMIN_PASSWORD", admin_password.as_deref(), admin_password_file.as_deref())?;
            create_admin::run(config, email, if_none, password).await?;
        }
        Command::Invite { email, role, revoke } => invite::run(config, email, role, revoke).await?,
        Command::Link { what, email } => link::run(config, what, email).await?,
        Command::Factors(command) => factors::run(config, command).await?,
        Command::RotateKeys { encryption: false, lead } => rotate_keys::signing(config, lead)?,
        Command::RotateKeys { encryption: true, lead } => rotate_keys::encryption(config, lead).await?,
        // What they print needs no settings, so `main` has printed it.
        Command::Openapi | Command::Retention => {}
        Command::Argon2Calibrate { target } => calibrate::run(target)?,
        Command::Healthcheck => healthcheck::run(config.listen).await?,
    }
    Ok(ExitCode::SUCCESS)
}

impl Command {
    /// What the command prints that needs no setting and no database.
    #[must_use]
    pub fn document(&self) -> Option<String> {
        match self {
            Self::Openapi => Some(openapi::text(Compat::ALL)),
            Self::Retention => Some(retention::markdown()),
            _ => None,
        }
    }
}
