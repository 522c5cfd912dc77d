//! What a connection is doing, and until when it may. hyper has one time for a request's head and for the silence
//! before it; a proxy keeps connections for minutes, and a head takes seconds.

use super::admission::Slot;
use super::limits::Limits;
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

/// Once the server stops, who has said nothing yet says it soon or has nothing to say.
const LAST_WORD: Duration = Duration::from_millis(500);

pub(super) struct ConnectionState {
    pub(super) slot: Slot,
    limits: Limits,
    now: Mutex<(Phase, Option<Instant>)>,
}

impl ConnectionState {
    pub(super) fn new(slot: Slot, limits: Limits) -> Self {
        let until = Instant::now() + limits.head_time;
        Self { slot, limits, now: Mutex::new((Phase::Silent, Some(until))) }
    }

    /// Bytes have come.
    pub(super) fn heard(&self) {
        let mut now = self.lock();
        match *now {
            (Phase::Silent, until) => *now = (Phase::Head, until),
            (Phase::Idle, _) => *now = (Phase::Head, Some(Instant::now() + self.limits.head_time)),
            (Phase::Head | Phase::Busy | Phase::Ending, _) => {}
        }
    }

    /// A request's head is complete: whether there is a slot for it. Without one it has no more time than before.
    pub(super) fn request(&self) -> bool {
        let admitted = self.slot.request(&self.limits, Instant::now());
        if admitted {
            *self.lock() = (Phase::Busy, None);
        }
        admitted
    }

    /// The request has been answered.
    pub(super) fn answered(&self) {
        let at = Instant::now();
        self.slot.answered(at);
        let mut now = self.lock();
        if now.0 == Phase::Busy {
            *now = (Phase::Idle, Some(at + self.limits.keep_alive));
        }
    }

    /// Nobody new is let in.
    pub(super) fn last_word(&self) {
        let mut now = self.lock();
        if let (Phase::Silent, Some(until)) = *now {
            *now = (Phase::Silent, Some(until.min(Instant::now() + LAST_WORD)));
        }
    }

    /// It was told to end, which takes no longer than a head.
    pub(super) fn ends(&self) {
        let mut now = self.lock();
        if now.0 != Phase::Busy {
            *now = (Phase::Ending, Some(Instant::now() + self.limits.head_time));
        }
    }

    pub(super) fn phase(&self) -> Phase {
        self.lock().0
    }

    pub(super) fn until(&self) -> Option<Instant> {
        self.lock().1
    }

    fn lock(&self) -> MutexGuard<'_, (Phase, Option<Instant>)> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
