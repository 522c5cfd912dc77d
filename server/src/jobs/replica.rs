//! Looks whether the database for reads that may be a second old can be used. The log tells when that ends and begins.

use super::stalled::{PATIENCE, unless_stalled};
use accounts::{Accounts, Error};
use edge::problem::chain;
use std::time::Duration;
use tokio::time::interval;
use tokio_util::sync::CancellationToken;

const PERIOD: Duration = Duration::from_secs(5);

pub(super) async fn run(accounts: Accounts, stop: CancellationToken) {
    let again_and_again = async {
        let (mut timer, mut told) = (interval(PERIOD), false);
        loop {
            timer.tick().await;
            if let Some(probed) = unless_stalled(PATIENCE, accounts.probe_replica()).await {
                told = tell(&probed, told);
            }
        }
    };
    stop.run_until_cancelled(again_and_again).await;
}

fn tell(probed: &Result<(), Error>, told: bool) -> bool {
    match (probed, told) {
        (Err(error), false) => {
            tracing::warn!(
                error = chain(error),
                "DATABASE_READ_URL is not used: its reads go to the primary"
            );
        }
        (Ok(()), true) => tracing::info!("DATABASE_READ_URL is used again"),
        (Err(_), true) | (Ok(()), false) => {}
    }
    probed.is_err()
}
