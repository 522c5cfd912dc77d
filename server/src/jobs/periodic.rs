use super::stalled::unless_stalled;
use accounts::Accounts;
use std::time::Duration;
use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

/// Does a job at the start and then once in each `period`, until it is told to stop, even in the middle. One for which
/// nothing has come for as long as its `patience` is given up.
pub(super) async fn every<J: Future<Output = ()>>(
    period: Duration,
    patience: Duration,
    accounts: Accounts,
    stop: CancellationToken,
    job: impl Fn(Accounts) -> J,
) {
    let again_and_again = async {
        let mut timer = tokio::time::interval(period);
        timer.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            timer.tick().await;
            unless_stalled(patience, job(accounts.clone())).await;
        }
    };
    stop.run_until_cancelled(again_and_again).await;
}
