//! What attempts to sign in may take of the connections: however many strangers try, members' calls find another.

use crate::{Store, StoreError};
use std::sync::Arc;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;

/// How many of this many connections attempts to sign in may hold at once: half.
pub(crate) fn sign_ins(connections: u32) -> usize {
    usize::try_from(connections / 2).unwrap_or(1).max(1)
}

/// The right of one attempt to one connection at a time.
#[derive(Debug)]
pub struct Share {
    _permit: OwnedSemaphorePermit,
}

impl Store {
    /// Waits until an attempt to sign in may use a connection. Whoever has one must ask for no other.
    ///
    /// # Errors
    /// [`StoreError::Busy`] where that takes longer than a request waits for a connection.
    pub async fn share_of_sign_ins(&self) -> Result<Share, StoreError> {
        let wait = self.pool.options().get_acquire_timeout();
        match timeout(wait, Arc::clone(&self.sign_ins).acquire_owned()).await {
            Ok(Ok(permit)) => Ok(Share { _permit: permit }),
            _ => Err(StoreError::Busy),
        }
    }

    /// Waits for its turn to take a count back, which only one has at a time: not for a share, since those who have all of
    /// them may be what an attempt has waited for in vain. A line that does not move is left, for what is owed must be given
    /// back before the request's time is over.
    pub async fn turn_to_give_back(&self) -> Option<Share> {
        let wait = self.pool.options().get_acquire_timeout();
        let permit = timeout(wait, Arc::clone(&self.give_backs).acquire_owned()).await.ok()?.ok()?;
        Some(Share { _permit: permit })
    }
}

#[cfg(test)]
mod tests {
    use super::sign_ins;

    #[test]
    fn members_keep_half_of_the_connections() {
        assert_eq!([1, 2, 3, 10, 100].map(sign_ins), [1, 1, 1, 5, 50]);
    }
}
