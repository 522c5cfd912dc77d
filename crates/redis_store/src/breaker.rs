//! The breaker: whether Redis is asked, and over which connection. Closed means a connection that works as far as
//! anybody knows; a failure opens it, and only a probe that succeeded closes it again.

use std::fmt::Display;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub(crate) struct Breaker<C> {
    state: Mutex<State<C>>,
    changes: AtomicU64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum State<C> {
    /// Nobody has asked yet: whoever is first connects.
    Untried,
    Closed(Numbered<C>),
    Open {
        /// A key of the call that failed: in a cluster, its node is the one to probe.
        key: Vec<u8>,
    },
}

/// A connection, told apart from those before it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Numbered<C> {
    pub(crate) connection: C,
    pub(crate) number: u64,
}

impl<C> Default for Breaker<C> {
    fn default() -> Self {
        Self { state: Mutex::new(State::Untried), changes: AtomicU64::new(0) }
    }
}

impl<C: Clone> Breaker<C> {
    pub(crate) fn state(&self) -> State<C> {
        self.lock().clone()
    }

    pub(crate) fn is_closed(&self) -> bool {
        matches!(*self.lock(), State::Closed(_))
    }

    /// How often it opened or closed.
    pub(crate) fn changes(&self) -> u64 {
        self.changes.load(Ordering::Relaxed)
    }

    /// Closes it over a connection that answered, or replaces the one that broke.
    pub(crate) fn close(&self, connection: C) -> Numbered<C> {
        let mut state = self.lock();
        let number = match &*state {
            State::Closed(broken) => broken.number + 1,
            State::Untried | State::Open { .. } => {
                let changes = self.changes.fetch_add(1, Ordering::Relaxed);
                tracing::info!("Redis answers: limits are counted there");
                changes << 32
            }
        };
        let numbered = Numbered { connection, number };
        *state = State::Closed(numbered.clone());
        numbered
    }

    /// Opens it after a failure over the connection of this number, or over none. A late failure of an older one changes
    /// nothing.
    pub(crate) fn open(&self, number: Option<u64>, key: &[u8], why: &dyn Display) {
        let mut state = self.lock();
        let current = match &*state {
            State::Untried => true,
            State::Closed(present) => number == Some(present.number),
            State::Open { .. } => false,
        };
        if !current {
            return;
        }
        *state = State::Open { key: key.to_vec() };
        self.changes.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(
            error = %why,
            "Redis is out of reach: guesses are counted in the database, and requests by each server for itself"
        );
    }

    fn lock(&self) -> MutexGuard<'_, State<C>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(breaker: &Breaker<&'static str>) -> u64 {
        let State::Closed(with) = breaker.state() else { panic!("it is not closed") };
        with.number
    }

    #[test]
    fn the_first_failure_opens_it_and_a_connection_closes_it() {
        let breaker = Breaker::default();
        assert_eq!((breaker.state(), breaker.changes()), (State::Untried, 0));
        assert!(!breaker.is_closed(), "nobody knows yet");
        let first = breaker.close("first");
        assert!(breaker.is_closed());
        breaker.open(Some(first.number), b"a", &"reset");
        assert_eq!(breaker.state(), State::Open { key: b"a".to_vec() });
        for why in ["reset", "no answer in time"] {
            breaker.open(Some(first.number), b"b", &why);
            breaker.open(None, b"b", &why);
        }
        assert_eq!(breaker.state(), State::Open { key: b"a".to_vec() }, "it is told of once");
        assert_eq!(breaker.changes(), 2);
        breaker.close("second");
        assert_eq!((breaker.is_closed(), breaker.changes()), (true, 3));
    }

    #[test]
    fn a_server_that_is_down_from_the_start_opens_it() {
        let breaker = Breaker::<&str>::default();
        breaker.open(None, b"", &"refused");
        assert_eq!((breaker.state(), breaker.changes()), (State::Open { key: Vec::new() }, 1));
    }

    #[test]
    fn a_late_failure_of_an_older_connection_changes_nothing() {
        let breaker = Breaker::default();
        let broken = breaker.close("broken");
        let instead = breaker.close("instead");
        assert_ne!(broken.number, instead.number);
        assert_eq!(breaker.changes(), 1, "one that replaces another is no change");
        for before in [None, Some(broken.number)] {
            breaker.open(before, b"a", &"reset");
            assert_eq!(number(&breaker), instead.number);
        }
        breaker.open(Some(instead.number), b"a", &"reset");
        let later = breaker.close("later");
        for before in [broken.number, instead.number] {
            breaker.open(Some(before), b"a", &"reset");
            assert_eq!(number(&breaker), later.number);
        }
    }
}
