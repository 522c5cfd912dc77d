//! `doctor`: whether a server would work as it is set up, and what to do where it would not. It changes
//! nothing, but that Redis is tried with two keys for a second, and that a mail is sent where one is asked for.

mod checks;
mod database;
mod keys;
mod production;
mod proxy;

use super::args::Doctor;
use super::output::print;
use super::startup::open_accounts;
use crate::config::Config;
use std::error::Error;
use std::fmt;
use std::process::ExitCode;

/// How one part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Health {
    Good,
    /// It works, and is probably not what was meant.
    Doubtful,
    Bad,
}

/// One line.
#[derive(Debug, PartialEq, Eq)]
struct Finding {
    part: &'static str,
    health: Health,
    says: String,
}

impl Finding {
    fn new(part: &'static str, health: Health, says: impl Into<String>) -> Self {
        Self { part, health, says: says.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let word = match self.health {
            Health::Good => "ok  ",
            Health::Doubtful => "warn",
            Health::Bad => "FAIL",
        };
        write!(f, "{word}  {:<10} {}", self.part, self.says)
    }
}

pub(super) async fn run(config: &Config, words: Doctor) -> Result<ExitCode, Box<dyn Error + Send + Sync>> {
    let accounts = open_accounts(config)?;
    let mut findings = checks::settings(config);
    findings.extend(checks::breached_passwords(config));
    findings.extend(checks::addresses(config).await);
    findings.extend(database::look(config, &accounts).await);
    findings.push(checks::redis(&accounts).await);
    findings.extend(keys::look(config, &accounts).await);
    findings.push(checks::mail(config, &accounts, words.mail_to.clone()).await);
    findings.push(checks::site(config, &accounts));
    findings.extend(proxy::way(config, &accounts, &words).await);
    if words.production {
        findings.extend(production::checklist(config, &findings));
    }
    for finding in &findings {
        print(format_args!("{finding}\n"))?;
    }
    let bad = findings.iter().any(|finding| finding.health == Health::Bad);
    Ok(if bad { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
