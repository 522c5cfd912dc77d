//! `link`: what a mail would bring, for somebody whom no mail reaches.

use super::args::LinkKind;
use super::outcome::{self, Outcome};
use super::output::print;
use super::startup::{migrated, open_accounts};
use crate::config::Config;
use accounts::{Error, LinkFor, PrintedLink};
use domain::AddressForm;

pub(super) async fn run(config: &Config, kind: LinkKind, email: String) -> Outcome {
    migrated(config).await?;
    let (what, nothing) = match kind {
        LinkKind::Reset => (LinkFor::Reset, "there is no account that can sign in"),
        LinkKind::Verify => (LinkFor::Verify, "there is no address to prove"),
        LinkKind::Invite => (LinkFor::Invite, "there is no invitation; run `server invite` first"),
    };
    let form = AddressForm { email: email.clone() };
    let made = open_accounts(config)?.operator_link(what, form).await.map_err(|error| refused(&error))?;
    show(&made.ok_or_else(|| format!("{email}: {nothing}"))?)
}

/// Prints a link and what goes with it.
pub(super) fn show(link: &PrintedLink) -> Outcome {
    let PrintedLink { url, code, expires_at } = link;
    Ok(print(format_args!("link: {url}\ncode: {code}\nuntil: {}\n", expires_at.0))?)
}

/// Why no link was made.
pub(super) fn refused(error: &Error) -> String {
    match error {
        Error::MailOff => "ENCRYPTION_KEY_FILE: it is not set, and links are made of that key".to_owned(),
        Error::Taken(_) => "there is an account with this address already".to_owned(),
        other => outcome::refused(other),
    }
}
