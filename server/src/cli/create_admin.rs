//! `create-admin`: the first account of a new installation.

use super::link;
use super::outcome::{Outcome, refused};
use super::output::print;
use super::startup::{migrated, open_accounts};
use crate::config::{AppEnv, Config};
use accounts::{Error, NewAdmin};
use domain::RawPassword;

/// For whoever has not used the link of the first time within its ten minutes.
const ANOTHER_LINK: &str = "`server link reset EMAIL` prints a link to choose its password by\n";

pub(super) async fn run(config: &Config, email: String, if_none: bool, password: Option<String>) -> Outcome {
    migrated(config).await?;
    let accounts = open_accounts(config)?;
    if if_none && accounts.admin_exists().await? {
        return Ok(print(format_args!("an admin already exists\n{ANOTHER_LINK}"))?);
    }
    // A generated password could stay for good, where people are served (ASVS 6.4.1).
    if password.is_none() && config.env == AppEnv::Production {
        let link =
            accounts.create_admin_by_link(email.clone()).await.map_err(|error| without_link(&error))?;
        print(format_args!("admin: {email}\n"))?;
        return link::show(&link);
    }
    let given = password.map(RawPassword::from);
    let password = given.clone().unwrap_or_else(|| accounts.random_password());
    let admin = NewAdmin { email: email.clone(), password: password.clone() };
    accounts.create_admin(admin).await.map_err(|error| refused(&error))?;
    print(format_args!("admin: {email}\n"))?;
    if given.is_none() {
        print(format_args!("password: {} (shown only once)\n", password.expose()))?;
    }
    Ok(())
}

fn without_link(error: &Error) -> String {
    match error {
        Error::MailOff => "ENCRYPTION_KEY_FILE: it is not set, and the link to choose a password is made of that key; set it, \
                           or ADMIN_PASSWORD"
            .to_owned(),
        other => refused(other),
    }
}
