//! The database, its clock, what its roles may do, and where changes are heard.

use super::{Finding, Health};
use crate::cli::outcome::refused;
use crate::cli::startup::{PENDING, other_passkeys};
use crate::config::Config;
use accounts::{Accounts, Error};
use edge::problem::chain;
use time::Duration;

/// From here on a server warns.
const NOTABLE: Duration = Duration::seconds(5);

pub(super) async fn look(config: &Config, accounts: &Accounts) -> Vec<Finding> {
    let bad = |says: String| Finding::new("database", Health::Bad, says);
    let mut findings = Vec::new();
    // Where it does not answer, `ready` says why.
    if accounts.measure_clock().await.is_ok() {
        findings.push(clock(accounts.database_clock_ahead()));
    }
    let migrates_itself = config.database.migrating.is_none();
    match accounts.ready().await {
        Ok(()) => {
            findings.push(Finding::new(
                "database",
                Health::Good,
                "it answers, and has this version's schema",
            ));
        }
        // The clock's own line says it.
        Err(Error::ClockSkew) => {
            findings.push(bad("no server is ready while the clocks are that far apart".to_owned()));
        }
        Err(Error::NotMigrated) if migrates_itself => {
            let says = "its schema is not this version's yet: the server brings it up when it starts";
            findings.push(Finding::new("database", Health::Doubtful, says));
            return findings;
        }
        Err(Error::NotMigrated) => {
            findings.push(bad(PENDING.to_owned()));
            findings.extend(owner(config).await);
            return findings;
        }
        Err(error) => return vec![bad(refused(&error))],
    }
    if let Err(error) = store::check_history(&config.database.connect).await {
        findings.push(bad(format!("migrations: {}", chain(&error))));
    }
    findings.extend(owner(config).await);
    findings.push(roles(accounts.may_change_audit().await, migrates_itself));
    let others = other_passkeys(config, accounts).await;
    findings.extend(others.map(|told| Finding::new("passkeys", Health::Doubtful, told)));
    findings.extend(replica(config, accounts).await);
    for source in accounts.sources() {
        if let Err(error) = accounts.listen(&source).await {
            let says = format!("changes are not heard from {source}: {}", chain(&error));
            findings.push(Finding::new("changes", Health::Bad, says));
        }
    }
    findings
}

/// None where no other database is set up for them.
async fn replica(config: &Config, accounts: &Accounts) -> Option<Finding> {
    let host = config.database.reading.as_ref()?.get_host();
    Some(match accounts.probe_replica().await {
        Ok(()) => Finding::new("reads", Health::Good, format!("those that may be a second old go to {host}")),
        Err(error) => {
            let says = format!("DATABASE_READ_URL is not used, and the primary is read: {}", refused(&error));
            Finding::new("reads", Health::Bad, says)
        }
    })
}

fn clock(ahead: Duration) -> Finding {
    let (seconds, by) =
        (ahead.as_seconds_f64().abs(), if ahead.is_negative() { "behind" } else { "ahead of" });
    let says = format!("the database's is {seconds:.1} s {by} this machine's");
    if ahead.abs() <= NOTABLE {
        return Finding::new("clock", Health::Good, says);
    }
    Finding::new("clock", Health::Doubtful, format!("{says}; let both follow a time server (NTP)"))
}

/// Whether the role that migrates gets in. Servers need not know its password.
async fn owner(config: &Config) -> Option<Finding> {
    let connect = config.database.migrating.as_ref()?;
    let role = connect.get_username();
    Some(match store::try_connect(connect).await {
        Ok(()) => Finding::new("roles", Health::Good, format!("\"{role}\", which migrates, gets in")),
        Err(error) => {
            let says = format!(
                "\"{role}\", which migrates, does not get in from here: {}; only `server migrate` needs to",
                chain(&error)
            );
            Finding::new("roles", Health::Doubtful, says)
        }
    })
}

fn roles(may_change_trail: Result<bool, Error>, owned: bool) -> Finding {
    let (health, says) = match (may_change_trail, owned) {
        (Ok(false), _) => (Health::Good, "the server can only add to the audit trail".to_owned()),
        (Ok(true), true) => (
            Health::Doubtful,
            "the server's role can change the audit trail; MIGRATE_DATABASE_URL gives the tables to another"
                .to_owned(),
        ),
        (Ok(true), false) => {
            (Health::Bad, "the server's role can change the audit trail; run `server migrate`".to_owned())
        }
        (Err(error), _) => (Health::Bad, refused(&error)),
    };
    Finding::new("roles", health, says)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clocks_that_differ_are_told_beside_each_other() {
        for (millis, health, says) in [
            (240, Health::Good, "0.2 s ahead of this"),
            (-5_000, Health::Good, "5.0 s behind this"),
            (-6_000, Health::Doubtful, "6.0 s behind this machine's; let both"),
        ] {
            let found = clock(Duration::milliseconds(millis));
            assert!(found.health == health && found.says.contains(says), "{found}");
        }
    }
}
