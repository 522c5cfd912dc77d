//! `audit`: shows whether the trail is whole, and deletes its oldest part.

use super::args::AuditCommand;
use super::outcome::{Outcome, refused};
use super::output::print;
use super::startup::{need_migrated, open_accounts, open_as_owner};
use crate::config::Config;
use accounts::{Error, Finding, Verified, begin_of_day};
use std::process::ExitCode;

const MAY_NOT_PRUNE: &str = "the role of DATABASE_URL may only add to the audit trail; set MIGRATE_DATABASE_URL to the role \
                             that owns its tables";
/// Something is missing or was changed.
const NOT_WHOLE: u8 = 3;
/// All that is sealed is whole.
const NOT_SEALED: u8 = 4;

pub(super) async fn run(
    config: &Config,
    command: AuditCommand,
) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    match command {
        AuditCommand::Verify => return verify(config).await,
        AuditCommand::Prune { before } => prune(config, &before).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn verify(config: &Config) -> Result<ExitCode, Box<dyn std::error::Error + Send + Sync>> {
    let accounts = open_accounts(config)?;
    need_migrated(&accounts).await?;
    let mut printed = Ok(());
    let verified = accounts.verify_audit(|finding| {
        if printed.is_ok() {
            printed = print(format_args!("{}\n", words(&finding)));
        }
    });
    let Verified { links, unsealed, head, whole } = verified.await.map_err(|error| told(&error))?;
    printed?;
    print(format_args!("sealed: {links}; not sealed yet: {unsealed}\n"))?;
    if let Some((sequence, mac)) = head {
        let hex = mac.iter().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
        print(format_args!("the last link: {sequence} {hex}\n"))?;
    }
    Ok(match (whole, unsealed) {
        (false, _) => ExitCode::from(NOT_WHOLE),
        (true, 0) => ExitCode::SUCCESS,
        (true, _) => ExitCode::from(NOT_SEALED),
    })
}

fn words(finding: &Finding) -> String {
    match finding {
        Finding::Gap { from, to } => format!("missing: links {from} to {to}"),
        Finding::Changed { sequence, event } => format!("changed: event {event} or its link {sequence}"),
        Finding::Missing { sequence, event } => format!("missing: event {event} of link {sequence}"),
        Finding::DetailsChanged { event } => format!("changed: details of event {event}"),
        Finding::KeyUnknown { sequence, key_id } => {
            format!("unknown: ENCRYPTION_KEY_FILE lacks key {key_id} of link {sequence}")
        }
        Finding::CheckpointChanged { sequence } => format!("changed: the checkpoint of link {sequence}"),
        Finding::Unsealed { event } => format!("not sealed yet: event {event}"),
    }
}

/// By the role that migrates: the one that serves can delete no event.
async fn prune(config: &Config, before: &str) -> Outcome {
    let begin = begin_of_day(before)
        .ok_or_else(|| format!("--before: \"{before}\" isn't a day; write it as 2026-01-31"))?;
    let accounts = open_as_owner(config)?;
    need_migrated(&accounts).await?;
    if !accounts.may_change_audit().await? {
        return Err(MAY_NOT_PRUNE.into());
    }
    let gone = accounts.prune_audit(begin).await.map_err(|error| told(&error))?;
    Ok(print(format_args!("pruned: {gone}\n"))?)
}

fn told(error: &Error) -> String {
    match error {
        Error::MailOff => {
            "ENCRYPTION_KEY_FILE: it is not set, and events are sealed with that key".to_owned()
        }
        other => refused(other),
    }
}
