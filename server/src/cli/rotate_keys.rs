//! `rotate-keys`: a new key beside the one that is used now, and the end of old ones.

use super::outcome::{Outcome, refused};
use super::output::print;
use super::startup::{need_keys, open_accounts};
use crate::config::Config;
use accounts::{Clock, SystemClock};
use time::{Duration, OffsetDateTime};

pub(super) fn signing(config: &Config, minutes: u16) -> Outcome {
    config.signing.rotate(SystemClock.now(), Duration::minutes(minutes.into()))?;
    Ok(print(format_args!(
        "added a signing key that takes over in {minutes} minutes; restart every server before then\n"
    ))?)
}

/// Adds a key where there is one alone; later, when that key has taken over, ends the older ones.
pub(super) async fn encryption(config: &Config, minutes: u16) -> Outcome {
    let (now, keys) = (SystemClock.now(), config.encryption.keys()?);
    if let Some(begins) = keys.next_begins(now) {
        let wait = (begins - now).whole_minutes() + 1;
        print(format_args!(
            "nothing to do yet: the newest encryption key takes over in {wait} minutes; restart every server before \
             then, and run this again afterwards\n"
        ))?;
    } else if keys.ids().count() == 1 {
        config.encryption.rotate(now, Duration::minutes(minutes.into()))?;
        print(format_args!(
            "added an encryption key that takes over in {minutes} minutes; restart every server before then, or it \
             cannot read what the others write; run this again afterwards, to encrypt waiting mails and apps anew and to drop \
             the old key\n"
        ))?;
    } else {
        end_old_keys(config, keys.ids().count(), now).await?;
    }
    Ok(())
}

async fn end_old_keys(config: &Config, held: usize, now: OffsetDateTime) -> Outcome {
    let accounts = open_accounts(config)?;
    accounts.ready().await.map_err(|error| refused(&error))?;
    need_keys(&accounts).await?;
    let mails = accounts.encrypt_anew().await.map_err(|error| refused(&error))?;
    let unused = accounts.unused_keys().await.map_err(|error| refused(&error))?;
    config.encryption.drop_unused(&unused, now)?;
    let kept = config.encryption.keys()?.ids().count();
    print(format_args!(
        "waiting mails and authenticator apps encrypted anew: {mails}; old keys dropped: {}; old keys kept: {}\n",
        held - kept,
        kept - 1
    ))?;
    if kept > 1 {
        print(format_args!(
            "an old key is kept for an hour, and as long as a link that was mailed needs it, which is 7 days at most: \
             run this again then\n"
        ))?;
    }
    Ok(())
}
