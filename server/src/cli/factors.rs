//! `factors clear`: for whoever has lost their second factor, the last admin above all.

use super::args::FactorsCommand;
use super::outcome::{Outcome, refused};
use super::output::print;
use super::startup::{migrated, open_accounts};
use crate::config::Config;
use accounts::Error;
use domain::AddressForm;

pub(super) async fn run(config: &Config, FactorsCommand::Clear { email }: FactorsCommand) -> Outcome {
    migrated(config).await?;
    let form = AddressForm { email: email.clone() };
    let cleared = match open_accounts(config)?.clear_factors_of(form).await {
        Err(Error::LastWayIn) => {
            let told =
                "a passkey is the only way in: choose a password with the link of `server link reset` first";
            return Err(format!("{email}: {told}").into());
        }
        cleared => cleared.map_err(|error| refused(&error))?,
    };
    let told = match cleared {
        Some(true) => "the second factors are gone, and all sessions have ended",
        Some(false) => "there was no second factor",
        None => return Err(format!("{email}: there is no such account").into()),
    };
    Ok(print(format_args!("{email}: {told}\n"))?)
}
