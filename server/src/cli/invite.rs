//! `invite`: an account for somebody, whoever may sign up by themselves.

use super::args::InvitedRole;
use super::link;
use super::outcome::Outcome;
use super::output::print;
use super::startup::{migrated, open_accounts};
use crate::config::Config;
use domain::{AddressForm, Role};

pub(super) async fn run(config: &Config, email: String, role: Option<InvitedRole>, revoke: bool) -> Outcome {
    migrated(config).await?;
    let accounts = open_accounts(config)?;
    let form = AddressForm { email: email.clone() };
    if revoke {
        let revoked = accounts.revoke_invitation(form).await.map_err(|error| link::refused(&error))?;
        let told = if revoked { "the invitation has ended" } else { "there was no invitation" };
        return Ok(print(format_args!("{email}: {told}\n"))?);
    }
    let role = if role == Some(InvitedRole::Admin) { Role::Admin } else { Role::User };
    match accounts.invite(form, role).await.map_err(|error| link::refused(&error))? {
        Some(made) => link::show(&made),
        None => Ok(print(format_args!("{email}: the invitation is on its way\n"))?),
    }
}
