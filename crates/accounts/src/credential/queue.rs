//! Waiting for a core (promise P16). Known callers find a place and are served soon, however many strangers wait.

use crate::Error;
use std::sync::Arc;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering::Relaxed;
use std::time::{Duration, Instant};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

/// How many may wait for a core, and how long.
const PLACES: usize = 32;
const WAIT: Duration = Duration::from_secs(2);
/// How many of these places are for known callers only.
const RESERVED: usize = 8;

/// Who goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Priority {
    /// A known device of the account, or a signed-in caller.
    Known,
    /// Anybody.
    Stranger,
}

/// A queue for some permits.
pub(super) struct Queue {
    /// One for each caller who works or waits.
    places: Arc<Semaphore>,
    /// The places that strangers may take.
    strangers: Arc<Semaphore>,
    /// One stranger at a time waits for a permit, and the others wait for that stranger: so a known caller waits behind
    /// one at most.
    first_stranger: Arc<Semaphore>,
    permits: Arc<Semaphore>,
    size: usize,
    /// How many microseconds callers have waited, in vain or not.
    waited: AtomicU64,
    /// How many found no place, or waited in vain.
    refused: AtomicU64,
}

/// The permit to work, with the place in the queue.
pub(super) struct QueuePermit {
    _permits: [Option<OwnedSemaphorePermit>; 3],
}

impl Queue {
    pub(super) fn new(permits: usize) -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self {
            places: semaphore(permits + PLACES),
            strangers: semaphore(permits + PLACES - RESERVED),
            first_stranger: semaphore(1),
            permits: semaphore(permits),
            size: permits,
            waited: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// How many work, and how many wait.
    pub(super) fn load(&self) -> (usize, usize) {
        let inside = (self.size + PLACES).saturating_sub(self.places.available_permits());
        let working = self.size.saturating_sub(self.permits.available_permits());
        (working, inside.saturating_sub(working))
    }

    pub(super) fn is_full(&self, priority: Priority) -> bool {
        let places = match priority {
            Priority::Known => &self.places,
            Priority::Stranger => &self.strangers,
        };
        places.available_permits() == 0
    }

    /// How long callers have waited so far, and how many of them in vain.
    pub(super) fn waits(&self) -> (Duration, u64) {
        (Duration::from_micros(self.waited.load(Relaxed)), self.refused.load(Relaxed))
    }

    /// Waits for a permit, if the queue has a place.
    pub(super) async fn enter(&self, priority: Priority) -> Result<QueuePermit, Error> {
        let begin = Instant::now();
        let entered = self.wait(priority).await;
        let waited = u64::try_from(begin.elapsed().as_micros()).unwrap_or(u64::MAX);
        self.waited.fetch_add(waited, Relaxed);
        self.refused.fetch_add(entered.is_err().into(), Relaxed);
        entered
    }

    async fn wait(&self, priority: Priority) -> Result<QueuePermit, Error> {
        let stranger = (priority == Priority::Stranger).then(|| place(&self.strangers)).transpose()?;
        let place = place(&self.places)?;
        let permit =
            tokio::time::timeout(WAIT, self.permit(priority)).await.map_err(|_| Error::Overloaded)??;
        Ok(QueuePermit { _permits: [stranger, Some(place), Some(permit)] })
    }

    async fn permit(&self, priority: Priority) -> Result<OwnedSemaphorePermit, Error> {
        let _first = match priority {
            Priority::Stranger => Some(self.first_stranger.acquire().await.map_err(Error::internal)?),
            Priority::Known => None,
        };
        Arc::clone(&self.permits).acquire_owned().await.map_err(Error::internal)
    }
}

fn place(places: &Arc<Semaphore>) -> Result<OwnedSemaphorePermit, Error> {
    Arc::clone(places).try_acquire_owned().map_err(|error| match error {
        TryAcquireError::NoPermits => Error::Overloaded,
        TryAcquireError::Closed => Error::internal(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::pin::Pin;
    use std::task::{Context, Waker};

    /// A caller who has to wait.
    fn waiting(
        queue: &Queue,
        priority: Priority,
    ) -> Pin<Box<impl Future<Output = Result<QueuePermit, Error>>>> {
        let mut permit = Box::pin(queue.enter(priority));
        assert!(permit.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
        permit
    }

    #[tokio::test]
    async fn whoever_is_known_finds_a_place_and_waits_behind_one_stranger() {
        let queue = Queue::new(1);
        let working = queue.enter(Priority::Stranger).await.unwrap();
        let mut strangers: Vec<_> =
            (0..PLACES - RESERVED).map(|_| waiting(&queue, Priority::Stranger)).collect();
        assert!(queue.is_full(Priority::Stranger) && !queue.is_full(Priority::Known));
        let refused = queue.enter(Priority::Stranger).await;
        assert!(matches!(refused, Err(Error::Overloaded)), "strangers have no further place");
        let known = waiting(&queue, Priority::Known);
        drop(working);
        drop(strangers.remove(0).await.unwrap());
        drop(known.await.unwrap());
        for stranger in strangers {
            drop(stranger.await.unwrap());
        }
    }

    #[tokio::test]
    async fn there_are_thirty_two_places_in_all() {
        let queue = Queue::new(2);
        let working =
            [queue.enter(Priority::Known).await.unwrap(), queue.enter(Priority::Known).await.unwrap()];
        let waiting: Vec<_> = (0..32).map(|_| waiting(&queue, Priority::Known)).collect();
        for priority in [Priority::Known, Priority::Stranger] {
            assert!(matches!(queue.enter(priority).await, Err(Error::Overloaded)));
        }
        drop(working);
        for known in waiting {
            drop(known.await.unwrap());
        }
    }
}
