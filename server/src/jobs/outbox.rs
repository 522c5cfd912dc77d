//! Sends what waits in the outbox (promise P20).

use super::stalled::{PATIENCE, unless_stalled};
use crate::mail::Outgoing;
use accounts::Accounts;
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Mails that were put off, and those of other servers that ended before they had sent them.
const PERIOD: Duration = Duration::from_secs(5);
/// A mail server that answers slowly holds up no more than one of these.
const AT_ONCE: usize = 4;

/// Sends until it is told to stop, and then the mails in hand.
pub async fn run(accounts: Accounts, outgoing: Outgoing, stop: CancellationToken) {
    let mut senders = JoinSet::new();
    let mut timer = tokio::time::interval(PERIOD);
    timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = accounts.outbox_woken() => {}
            _ = timer.tick() => {}
        }
        while senders.try_join_next().is_some() {}
        if senders.len() < AT_ONCE {
            let send = send_all(accounts.clone(), outgoing.clone(), stop.clone());
            senders.spawn(async { unless_stalled(PATIENCE, send).await });
        }
    }
    while senders.join_next().await.is_some() {}
}

/// Says at the start of a server without mail that some waits from when there was.
pub(super) async fn tell_of_mails_left_behind(accounts: &Accounts) {
    match accounts.mails_left_behind().await {
        Ok(0) => {}
        Ok(mails) => tracing::warn!(
            mails,
            "mail is off, and mails wait from before: each goes out if mail is on again within a day of it, else it is \
             deleted"
        ),
        Err(error) => {
            tracing::warn!(error = edge::problem::chain(&error), "the outbox could not be read");
        }
    }
}

/// Until nothing is due.
async fn send_all(accounts: Accounts, outgoing: Outgoing, stop: CancellationToken) {
    while !stop.is_cancelled() {
        match accounts.send_due(&outgoing).await {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => {
                tracing::warn!(
                    error = edge::problem::chain(&error),
                    "mails wait: the outbox could not be read"
                );
                break;
            }
        }
    }
}
