//! `create-admin`: the first account of a new installation.

use super::outcome::{Outcome, refused};
use super::output::print;
use super::startup::{migrated, open_accounts};
use crate::config::Config;
use accounts::NewAdmin;
use domain::RawPassword;

pub(super) async fn run(config: &Config, email: String, if_none: bool, password: Option<String>) -> Outcome {
    migrated(config).await?;
    let accounts = open_accounts(config)?;
    if if_none && accounts.admin_exists().await? {
        return Ok(print(format_args!("an admin already exists\n"))?);
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
