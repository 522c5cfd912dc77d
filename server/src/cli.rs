//! The command line.
#![expect(clippy::doc_markdown, reason = "`server --help` shows these words as they are, without Markdown")]

use crate::commands::Format;
use crate::config::Raw;
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

const EXIT_CODES: &str = "\
Exit codes:
  0  every line has its account
  1  it could not begin, or stopped on the way; what was imported stays, and the same command goes on
  2  the command line is wrong
  3  some lines were refused, or repeat an earlier one's address; all others have their accounts
  4  every line has its account, some without a field that could not be kept

Each remark names its line, the field and the reason on standard error. docs/importing.md tells which
columns and which hashes are taken.";

/// Accounts, ready to own: sign-up, sign-in, profile, in a browser.
///
/// In development a file `.env` in the current folder is read first. An empty variable counts as an
/// unset one. Everything that cannot work is told at once.
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
    /// Import accounts with their password hashes; may be repeated, and leaves existing accounts alone
    ImportUsers(ImportUsers),
    /// Print the description of the API (OpenAPI 3.1)
    Openapi,
    /// Ask the running server whether it is ready; for container health checks
    Healthcheck,
}

impl Command {
    /// Whether it works with accounts, for which the signing key must be there.
    #[must_use]
    pub fn needs_key(&self) -> bool {
        matches!(self, Self::Serve | Self::CreateAdmin { .. } | Self::ImportUsers(_))
    }
}

/// Where accounts come from, and what is to be done with them.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub struct ImportUsers {
    /// The accounts: CSV with a header, JSON lines or a JSON array
    #[arg(required_unless_present = "from")]
    pub file: Option<PathBuf>,
    /// How the file is written [default: by its extension]
    #[arg(long, conflicts_with = "from")]
    pub format: Option<Format>,
    /// Read the old service's own database instead, postgres://user@host/name; PGPASSWORD holds its password
    #[arg(long, value_name = "URL", requires = "preset", conflicts_with = "file")]
    pub from: Option<String>,
    /// What kind of service it is; of a file, whose names its columns have
    #[arg(long, value_parser = PossibleValuesParser::new(store::old::PRESETS.iter().map(|preset| preset.name)))]
    pub preset: Option<String>,
    /// Pass over columns of a file that are not known, instead of refusing it
    #[arg(long, conflicts_with = "from")]
    pub ignore_unknown: bool,
    /// Do not ask before the old database is read
    #[arg(long)]
    pub yes: bool,
    /// Change nothing, and say what would become of each line
    #[arg(long)]
    pub dry_run: bool,
}
