//! `rotate-keys`: a new signing key, beside the one that signs now.

use super::outcome::Outcome;
use super::output::print;
use crate::config::Config;
use accounts::{Clock, SystemClock};

pub(super) fn run(config: &Config, minutes: u16) -> Outcome {
    config.signing.rotate(SystemClock.now(), time::Duration::minutes(minutes.into()))?;
    Ok(print(format_args!(
        "added a signing key that takes over in {minutes} minutes; restart every server before then\n"
    ))?)
}
