//! The command line.
#![expect(clippy::doc_markdown, reason = "`server --help` shows these words as they are, without Markdown")]

use crate::config::Raw;
use clap::{Parser, Subcommand};

/// Accounts, ready to own: sign-up, sign-in, profile, in a browser.
///
/// In development a file `.env` in the current folder is read first. An empty variable counts as an
/// unset one.
#[derive(Parser)]
#[command(
    name = "server",
    version,
    after_help = "`server create-admin` also reads ADMIN_PASSWORD or ADMIN_PASSWORD_FILE."
)]
pub struct Cli {
    /// What to do; serving when left out.
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How.
    #[command(flatten)]
    pub settings: Raw,
}

/// What the binary can do.
#[derive(Default, Subcommand)]
pub enum Command {
    /// Migrate the database, then serve (the default)
    #[default]
    Serve,
    /// Bring the database's schema up to this version
    Migrate,
    /// Make an admin; without ADMIN_PASSWORD a random password is made and printed once
    CreateAdmin {
        /// The address to sign in with
        #[arg(long)]
        email: String,
        /// Do nothing where an admin exists already
        #[arg(long)]
        if_none: bool,
        /// The password
        #[arg(long, env, hide_env_values = true, value_name = "TEXT")]
        admin_password: Option<String>,
        /// A file that holds ADMIN_PASSWORD
        #[arg(long, env, value_name = "PATH")]
        admin_password_file: Option<String>,
    },
    /// Add a signing key; the one before it goes on verifying, so nobody is signed out
    RotateKeys {
        /// Minutes until the new key signs: start every server anew before that
        #[arg(long, default_value_t = 60, value_name = "MINUTES")]
        lead: u16,
    },
    /// Ask the running server whether it is ready; for container health checks
    Healthcheck,
}
