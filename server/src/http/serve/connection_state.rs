//! What a connection is doing, and its deadline. hyper has one limit for a request's head and the idle time before it;
//! but a proxy keeps connections for minutes, and a head takes seconds.

use super::admission::Slot;
use super::limits::Limits;
use crate::clock::now;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phase {
    /// It has sent nothing yet.
    Silent,
    /// It sends a request's head.
    Head,
    /// A request is being read and answered, which has times of its own.
    Busy,
    /// It may send one more request.
    Idle,
    /// It was told to end.
    Ending,
}

/// When the server stops, a silent connection has this long to send a request.
const LAST_WORD: Duration = Duration::from_millis(500);

pub(super) struct ConnectionState {
    pub(super) slot: Slot,
    limits: Limits,
    current: Mutex<(Phase, Option<Instant>)>,
}

impl ConnectionState {
    pub(super) fn new(slot: Slot, limits: Limits) -> Self {
        let until = now() + limits.head_time;
        Self { slot, limits, current: Mutex::new((Phase::Silent, Some(until))) }
    }

    /// Bytes have come.
    pub(super) fn heard(&self) {
        let mut current = self.lock();
        match *current {
            (Phase::Silent, until) => *current = (Phase::Head, until),
            (Phase::Idle, _) => *current = (Phase::Head, Some(now() + self.limits.head_time)),
            (Phase::Head | Phase::Busy | Phase::Ending, _) => {}
        }
    }

    /// A request's head is complete: whether there is a slot for it. Without one it has no more time than before.
    pub(super) fn request(&self) -> bool {
        let admitted = self.slot.request(&self.limits, now());
        if admitted {
            *self.lock() = (Phase::Busy, None);
        }
        admitted
    }

    /// The request has been answered.
    pub(super) fn answered(&self) {
        let at = now();
        self.slot.answered(at);
        let mut current = self.lock();
        if current.0 == Phase::Busy {
            *current = (Phase::Idle, Some(at + self.limits.keep_alive));
        }
    }

    /// No new connections are accepted.
    pub(super) fn last_word(&self) {
        let mut current = self.lock();
        if let (Phase::Silent, Some(until)) = *current {
            *current = (Phase::Silent, Some(until.min(now() + LAST_WORD)));
        }
    }

    /// It was told to end, which takes no longer than a head.
    pub(super) fn ends(&self) {
        let mut current = self.lock();
        if current.0 != Phase::Busy {
            *current = (Phase::Ending, Some(now() + self.limits.head_time));
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.lock().0
    }

    pub(super) fn until(&self) -> Option<Instant> {
        self.lock().1
    }

    fn lock(&self) -> MutexGuard<'_, (Phase, Option<Instant>)> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
