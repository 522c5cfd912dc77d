//! Work that comes to nothing. A network that freezes ends no statement, and the driver has no limit of its own: a job that
//! waits for one would do so for as long as the server runs.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;
use tokio::time::{Instant, sleep};

/// How long nothing may come for work whose statements are those of requests: each gets a connection and ends within
/// seconds.
pub(super) const PATIENCE: Duration = Duration::from_secs(30);

/// Works to the end, however long that takes, or until nothing has come for so long.
pub(super) fn unless_stalled<T>(
    patience: Duration,
    work: impl Future<Output = T>,
) -> impl Future<Output = Option<T>> {
    let mut work = Box::pin(work);
    async move {
        let mut end = pin!(sleep(patience));
        let done = poll_fn(|context| {
            if end.as_mut().poll(context).is_ready() {
                return Poll::Ready(None);
            }
            if let Poll::Ready(done) = work.as_mut().poll(context) {
                return Poll::Ready(Some(done));
            }
            // It was woken: something has come.
            end.as_mut().reset(Instant::now() + patience);
            end.as_mut().poll(context).map(|()| None)
        })
        .await;
        if done.is_none() {
            tracing::error!(
                "a job has heard nothing from the database for too long, and is given up until its next turn"
            );
        }
        done
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::pending;
    use tokio::time::timeout;

    #[tokio::test]
    async fn work_goes_on_while_something_comes_and_is_given_up_once_nothing_does() {
        let patience = Duration::from_secs(2);
        let slow = async {
            for _ in 0..6 {
                timeout(patience / 4, pending::<()>()).await.unwrap_err();
            }
        };
        assert_eq!(unless_stalled(patience, slow).await, Some(()), "longer in all than it may be silent");
        let stalled = unless_stalled(patience, pending::<()>());
        assert_eq!(timeout(patience * 5, stalled).await, Ok(None));
    }
}
