use super::{Finding, Health};
use crate::cli::outcome::refused;
use crate::cli::startup::{PENDING, other_passkeys};
use crate::config::Config;
use crate::mail::Outgoing;
use crate::state::AppState;
use accounts::{Accounts, Clock, Error, Mailer, SystemClock, Undelivered};
use edge::problem::chain;
use std::io::ErrorKind;
use time::Duration;
use tokio::net::TcpListener;

/// A key that signs for longer is worth more to whoever copied it (NIST SP 800-57 part 1: a year or two). The file's time
/// stands for the key's, and is later where the file was copied.
const KEY_IS_OLD: Duration = Duration::days(365);

/// What does not work at all has stopped the program before.
pub(super) fn settings(config: &Config) -> Vec<Finding> {
    let warnings: Vec<_> =
        config.warnings.iter().map(|warning| Finding::new("settings", Health::Doubtful, warning)).collect();
    if warnings.is_empty() {
        return vec![Finding::new(
            "settings",
            Health::Good,
            "each can be read, and none looks like a mistake",
        )];
    }
    warnings
}

/// Where it would listen. One that is in use is probably this server's own.
pub(super) async fn addresses(config: &Config) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (name, address) in [("LEPTOS_SITE_ADDR", Some(config.listen)), ("METRICS_ADDR", config.metrics)] {
        let Some(address) = address else { continue };
        findings.push(match TcpListener::bind(address).await {
            Ok(_) => Finding::new("address", Health::Good, format!("{name}: {address} is free")),
            Err(error) if error.kind() == ErrorKind::AddrInUse => {
                Finding::new("address", Health::Good, format!("{name}: {address} is in use: a server runs"))
            }
            Err(error) => Finding::new("address", Health::Bad, format!("{name}: {address}: {error}")),
        });
    }
    findings
}

/// The database, its clock, what its role may do, and where changes are heard.
pub(super) async fn database(config: &Config, accounts: &Accounts) -> Vec<Finding> {
    // Where it does not answer, `ready` says why.
    let _ = accounts.measure_clock().await;
    let migrates_itself = config.database.migrating.is_none();
    match accounts.ready().await {
        Ok(()) => {}
        Err(Error::NotMigrated) if migrates_itself => {
            let says = "its schema is not this version's yet: the server brings it up when it starts";
            return vec![Finding::new("database", Health::Doubtful, says)];
        }
        Err(Error::NotMigrated) => return vec![Finding::new("database", Health::Bad, PENDING)],
        Err(error) => return vec![Finding::new("database", Health::Bad, refused(&error))],
    }
    let good = "it answers, has this version's schema, and its clock agrees with this machine's";
    let mut findings = vec![Finding::new("database", Health::Good, good)];
    let owner = config.database.migrating.as_ref().unwrap_or(&config.database.connect);
    if let Err(error) = store::check_history(owner).await {
        findings.push(Finding::new("database", Health::Bad, format!("migrations: {}", chain(&error))));
    }
    findings.push(roles(accounts.may_change_audit().await, migrates_itself));
    let others = other_passkeys(config, accounts).await;
    findings.extend(others.map(|told| Finding::new("passkeys", Health::Doubtful, told)));
    for source in accounts.sources() {
        if let Err(error) = accounts.listen(&source).await {
            let says = format!("changes are not heard from {source}: {}", chain(&error));
            findings.push(Finding::new("changes", Health::Bad, says));
        }
    }
    findings
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

pub(super) async fn redis(accounts: &Accounts) -> Finding {
    accounts.probe_redis().await;
    match accounts.measures().redis {
        None => Finding::new("redis", Health::Good, "not set up: each server counts requests by itself"),
        Some(true) => Finding::new("redis", Health::Good, "it answers, and its user may do what it has to"),
        Some(false) => Finding::new(
            "redis",
            Health::Bad,
            "it is not used, for the reason in the log above; meanwhile each server counts requests by itself",
        ),
    }
}

pub(super) async fn keys(config: &Config, accounts: &Accounts) -> Vec<Finding> {
    let now = SystemClock.now();
    let files = [
        ("signing", config.signing.changed(), "`server rotate-keys` adds a new key, and signs nobody out"),
        (
            "encryption",
            config.encryption.changed(),
            "`server rotate-keys --encryption` adds a new key, and loses nothing",
        ),
    ];
    let mut findings: Vec<_> = files
        .into_iter()
        .filter_map(|(name, changed, cure)| changed.map(|changed| age(name, now - changed, cure)))
        .collect();
    match accounts.missing_keys().await {
        Ok(missing) if missing.is_empty() => {}
        Ok(missing) => findings.push(Finding::new(
            "keys",
            Health::Bad,
            format!(
                "the database holds rows of encryption keys that are not in the file ({}); restore it from its backup",
                missing.join(", ")
            ),
        )),
        // The database's own line says why.
        Err(_) => {}
    }
    findings
}

fn age(name: &str, age: Duration, cure: &str) -> Finding {
    let days = age.whole_days().max(0);
    if age > KEY_IS_OLD {
        return Finding::new(
            "keys",
            Health::Doubtful,
            format!("the {name} key's file was written {days} days ago; {cure}"),
        );
    }
    Finding::new("keys", Health::Good, format!("the {name} key's file was written {days} days ago"))
}

/// Where mails go; with an address, a mail goes there.
pub(super) async fn mail(config: &Config, accounts: &Accounts, to: Option<String>) -> Finding {
    let outgoing = Outgoing::new(config);
    match (outgoing, to) {
        (None, _) => Finding::new(
            "mail",
            Health::Doubtful,
            "off: nobody can prove an address or choose a new password by themselves; SMTP_URL turns it on",
        ),
        (Some(_), None) => Finding::new(
            "mail",
            Health::Doubtful,
            "set up, not tried; `--mail-to you@example.com` sends you a mail",
        ),
        (Some(outgoing), Some(to)) => match accounts.trial_mail(to) {
            Ok(mail) => sent(outgoing.send(mail).await),
            Err(error) => Finding::new("mail", Health::Bad, refused(&error)),
        },
    }
}

fn sent(outcome: Result<(), Undelivered>) -> Finding {
    match outcome {
        Ok(()) => Finding::new("mail", Health::Good, "it was taken: see whether it comes"),
        Err(Undelivered::Later(why)) => Finding::new("mail", Health::Bad, why),
        Err(Undelivered::Never(why)) => Finding::new("mail", Health::Bad, format!("refused for good: {why}")),
    }
}

/// The built site.
pub(super) fn site(config: &Config, accounts: &Accounts) -> Finding {
    match AppState::new(config, accounts.clone()) {
        Ok(_) => Finding::new("site", Health::Good, "the browser's files are there"),
        Err(error) => Finding::new("site", Health::Bad, error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_old_after_a_year() {
        for (days, health) in
            [(-1, Health::Good), (0, Health::Good), (365, Health::Good), (366, Health::Doubtful)]
        {
            assert_eq!(age("signing", Duration::days(days), "rotate it").health, health, "{days}");
        }
    }
}
