//! The command line.
#![expect(clippy::doc_markdown, reason = "`server --help` shows these words as they are, without Markdown")]

use crate::config::RawConfig;
use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

const EXIT_CODES: &str = "\
Exit codes:
  0  every line has an account
  1  could not start, or stopped on the way; what was imported stays, and the same command continues
  2  the command line is wrong
  3  some lines were refused or repeat an earlier line's address; all others have accounts
  4  every line has an account, some without a field that could not be kept

Each remark on standard error names the line, the field and the reason. docs/importing.md lists the
columns and hashes that are accepted.";

/// An accounts service: sign-up, sign-in and profiles, in the browser and over an API.
///
/// In development, settings are also read from the file `.env` in the current folder. An empty variable counts as
/// unset. If settings are wrong, all of them are listed at once.
#[derive(Parser)]
#[command(
    name = "server",
    version,
    after_help = "`server create-admin` also reads ADMIN_PASSWORD or ADMIN_PASSWORD_FILE."
)]
pub struct Cli {
    /// The command to run [default: serve]
    #[command(subcommand)]
    pub command: Option<Command>,
    /// How.
    #[command(flatten)]
    pub settings: RawConfig,
}

/// What the binary can do.
#[derive(Default, Subcommand)]
pub enum Command {
    /// Migrate the database, then serve (the default); with MIGRATE_DATABASE_URL, serve once it is migrated
    #[default]
    Serve,
    /// Bring the database's schema up to this version, as the role of MIGRATE_DATABASE_URL where there is one
    Migrate,
    /// Create an admin; without ADMIN_PASSWORD, print a link to choose one by (in development, a password)
    CreateAdmin {
        /// The email address to sign in with
        #[arg(long)]
        email: String,
        /// Do nothing if there already is an admin
        #[arg(long)]
        if_none: bool,
        /// The password
        #[arg(long, env, hide_env_values = true, value_name = "TEXT")]
        admin_password: Option<String>,
        /// A file that contains ADMIN_PASSWORD
        #[arg(long, env, value_name = "PATH")]
        admin_password_file: Option<String>,
    },
    /// Invite somebody: mail the link, or print it where mail is off; inviting again renews it
    Invite {
        /// Whom to invite
        email: String,
        /// What the account may do [default: user]
        #[arg(long)]
        role: Option<InvitedRole>,
        /// Take the invitation back
        #[arg(long, conflicts_with = "role")]
        revoke: bool,
    },
    /// Print the link that an email would bring, for somebody whom no email reaches; pass it on in private
    Link {
        /// What the link is for
        what: LinkKind,
        /// Whose address
        email: String,
    },
    /// Take the second factors from somebody who has lost them
    #[command(subcommand)]
    Factors(FactorsCommand),
    /// Add a signing key; the old one keeps verifying tokens, so nobody is signed out
    RotateKeys {
        /// Rotate the encryption keys instead: add one, and once it has taken over, encrypt waiting mails and apps anew and drop
        /// the old ones
        #[arg(long)]
        encryption: bool,
        /// Minutes until the new key takes over; restart every server before then
        #[arg(long, default_value_t = 60, value_name = "MINUTES")]
        lead: u16,
    },
    /// Verify that nobody changed the audit trail, or delete its oldest part
    #[command(subcommand)]
    Audit(AuditCommand),
    /// Import accounts with their password hashes; safe to run again, existing accounts are left alone
    ImportUsers(ImportUsers),
    /// Print the API description (OpenAPI 3.1)
    Openapi,
    /// Print what the database holds, for how long and why
    Retention,
    /// Say what is wrong with the settings, the database, the keys, the mail and the proxy, and what to do; changes nothing
    #[command(
        after_help = "Exit codes: 0 where nothing fails, 1 where something does, 2 for a wrong command line."
    )]
    Doctor(Doctor),
    /// Find the cost of password hashes at which one takes a given time on this machine
    Argon2Calibrate {
        /// The time, in milliseconds
        #[arg(long, default_value = "250ms", value_parser = milliseconds)]
        target: Duration,
    },
    /// Check whether the running server is ready, for container health checks
    Healthcheck,
}

/// What a command does with the keys.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    /// It works with accounts, for which they must be there; development makes them.
    Needed,
    /// It works with accounts and changes nothing.
    LookedAt,
    /// It reads them by itself, or not at all.
    Unread,
}

impl Command {
    /// What it does with the keys.
    #[must_use]
    pub fn keys(&self) -> Keys {
        match self {
            Self::Serve
            | Self::CreateAdmin { .. }
            | Self::Invite { .. }
            | Self::Link { .. }
            | Self::Factors(_)
            | Self::Audit(_)
            | Self::ImportUsers(_) => Keys::Needed,
            Self::Doctor(_) => Keys::LookedAt,
            Self::Migrate
            | Self::RotateKeys { .. }
            | Self::Openapi
            | Self::Retention
            | Self::Argon2Calibrate { .. }
            | Self::Healthcheck => Keys::Unread,
        }
    }
}

const VERIFY_EXIT_CODES: &str = "\
Exit codes:
  0  the trail is whole, and all of it is sealed
  1  could not start, or stopped on the way
  2  the command line is wrong
  3  something is missing or was changed
  4  what is sealed is whole, but some events are not sealed yet

Keep the last link that it prints elsewhere: a trail whose end was cut off does not reach it any more.";

/// What is to be done with the audit trail.
#[derive(Subcommand)]
pub enum AuditCommand {
    /// Check that no event is missing or was changed since it was sealed, and name those that are not sealed yet
    #[command(after_help = VERIFY_EXIT_CODES)]
    Verify,
    /// Delete the oldest events with their details, and leave a signed checkpoint; as the role that migrates
    Prune {
        /// All events before this day, in UTC, such as 2026-01-31
        #[arg(long, value_name = "DAY")]
        before: String,
    },
}

/// What `doctor` looks at beside the settings.
#[derive(Args)]
pub struct Doctor {
    /// Send a mail there
    #[arg(long, value_name = "EMAIL")]
    pub mail_to: Option<String>,
    /// Ask the server there instead of at BASE_URL's own address, https://10.0.0.5 for example; its name stays BASE_URL's
    #[arg(long, value_name = "URL")]
    pub at: Option<String>,
    /// The certificate of the site's authority in PEM, instead of the public ones
    #[arg(long, value_name = "PATH")]
    pub ca_file: Option<PathBuf>,
    /// Go through a checklist for production as well
    #[arg(long)]
    pub production: bool,
}

/// What is to be done with second factors.
#[derive(Subcommand)]
pub enum FactorsCommand {
    /// Remove every second factor and all recovery codes of an account, end its sessions, and mail its owner
    Clear {
        /// Whose address
        email: String,
    },
}

/// Where accounts come from, and what is to be done with them.
#[derive(Args)]
#[command(after_help = EXIT_CODES)]
pub struct ImportUsers {
    /// A CSV file with a header line, JSON lines or a JSON array
    #[arg(required_unless_present = "from")]
    pub file: Option<PathBuf>,
    /// The file's format [default: by its extension]
    #[arg(long, conflicts_with = "from")]
    pub format: Option<Format>,
    /// Read from the old service's database instead, postgres://user@host/name; its password goes in PGPASSWORD
    #[arg(long, value_name = "URL", requires = "preset", conflicts_with = "file")]
    pub from: Option<String>,
    /// Which service the database belongs to, or the file's column names come from
    #[arg(long, value_parser = PossibleValuesParser::new(store::import::source::PRESETS.iter().map(|preset| preset.name)))]
    pub preset: Option<String>,
    /// Ignore unknown columns in the file instead of refusing it
    #[arg(long, conflicts_with = "from")]
    pub ignore_unknown: bool,
    /// Do not ask for confirmation
    #[arg(long)]
    pub yes: bool,
    /// Change nothing; report what would happen to each line
    #[arg(long)]
    pub dry_run: bool,
}

/// How a file of accounts is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// A header, then one account a line, parted by commas, semicolons or tabs
    Csv,
    /// One JSON object a line, or an array of them
    #[value(name = "jsonl", alias = "json")]
    JsonLines,
}

/// What an invited person's account may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum InvitedRole {
    /// What everybody may
    User,
    /// Manage other accounts as well
    Admin,
}

/// What a link is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LinkKind {
    /// A new password, for 10 minutes
    Reset,
    /// Proving an address, for a day
    Verify,
    /// Accepting an invitation, for a week
    Invite,
}

/// `250` or `250ms`, of a length that somebody would wait.
fn milliseconds(text: &str) -> Result<Duration, String> {
    let number = text.strip_suffix("ms").unwrap_or(text).parse().ok();
    number
        .filter(|number| (10..=5_000).contains(number))
        .map(Duration::from_millis)
        .ok_or_else(|| "set it to a time from 10ms to 5000ms".to_owned())
}
