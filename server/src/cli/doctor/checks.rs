use super::{Finding, Health};
use crate::cli::outcome::refused;
use crate::config::Config;
use crate::mail::Outgoing;
use crate::state::AppState;
use accounts::{Accounts, Mailer, Undelivered};
use std::io::ErrorKind;
use tokio::net::TcpListener;

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

/// How many lines of a list of passwords are looked at: ten times as many as at a start, and still no more than a second.
const LINES: u64 = 2_000;

/// The list of passwords that nobody may choose. One whose lines cannot be read lets passwords pass.
pub(super) fn breached_passwords(config: &Config) -> Option<Finding> {
    let list = config.breached_passwords.as_ref()?;
    Some(match list.look(LINES) {
        Ok(()) => Finding::new(
            "passwords",
            Health::Good,
            "BREACHED_PASSWORDS_FILE can be read, and is in its order",
        ),
        Err(error) => Finding::new(
            "passwords",
            Health::Bad,
            format!("BREACHED_PASSWORDS_FILE: {error}; replace it by rename"),
        ),
    })
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

/// Where mails go: whether the mail server takes us, and with an address, a mail.
pub(super) async fn mail(config: &Config, accounts: &Accounts, to: Option<String>) -> Finding {
    let Some(outgoing) = Outgoing::new(config) else {
        let says =
            "off: nobody can prove an address or choose a new password by themselves; SMTP_URL turns it on";
        return Finding::new("mail", Health::Doubtful, says);
    };
    match to.map(|to| accounts.trial_mail(to)) {
        None => greeted(&outgoing, outgoing.greet().await),
        Some(Ok(mail)) => sent(&outgoing, outgoing.send(mail).await),
        Some(Err(error)) => Finding::new("mail", Health::Bad, refused(&error)),
    }
}

fn greeted(outgoing: &Outgoing, outcome: Result<(), Undelivered>) -> Finding {
    let says = match outgoing {
        Outgoing::Smtp(_) => "the mail server lets this one in; `--mail-to you@example.com` sends you a mail",
        Outgoing::Mailbox(_) => "in development it goes into var/mail, and to nobody",
    };
    outcome.map_or_else(failed, |()| Finding::new("mail", Health::Good, says))
}

fn sent(outgoing: &Outgoing, outcome: Result<(), Undelivered>) -> Finding {
    let says = match outgoing {
        Outgoing::Smtp(_) => "it was taken: see whether it comes",
        Outgoing::Mailbox(_) => "it is in var/mail",
    };
    outcome.map_or_else(failed, |()| Finding::new("mail", Health::Good, says))
}

fn failed(undelivered: Undelivered) -> Finding {
    match undelivered {
        Undelivered::Later(why) => Finding::new("mail", Health::Bad, why),
        Undelivered::Never(why) => Finding::new("mail", Health::Bad, format!("refused for good: {why}")),
    }
}

/// The built site.
pub(super) fn site(config: &Config, accounts: &Accounts) -> Finding {
    match AppState::new(config, accounts.clone()) {
        Ok(_) => Finding::new("site", Health::Good, "the browser's files are there"),
        Err(error) => Finding::new("site", Health::Bad, error.to_string()),
    }
}
