//! Admission control: which connections may stay. A connection is silent until its first request, which takes a slot.
//! Where there are too many silent ones, the oldest of the address that has most is closed; where no slot is free, the
//! oldest idle connection is, or else one whose answer takes too long. An address and a network have a share of the
//! slots. So clients that only hold connections crowd nobody out.

use super::limits::Limits;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// No silent connection is closed sooner: by then a request that has arrived is read.
const GRACE: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// It has sent no request yet.
    Silent,
    Busy,
    Idle,
    /// Asked to close, so not counted any more.
    Closing,
    /// Its answer took too long: it is cut at once.
    Cut,
}

struct Entry {
    /// The address, or of IPv6 the network that one customer has.
    from: IpAddr,
    /// Whether it is a proxy's, behind which are many.
    trusted: bool,
    stage: Stage,
    since: Instant,
    closing: Arc<Notify>,
}

impl Entry {
    fn has_slot(&self) -> bool {
        matches!(self.stage, Stage::Busy | Stage::Idle)
    }

    fn takes_too_long(&self, limits: &Limits, now: Instant) -> bool {
        self.stage == Stage::Busy && now >= self.since + limits.answer_time
    }

    fn close(&mut self) {
        self.stage = if self.stage == Stage::Busy { Stage::Cut } else { Stage::Closing };
        self.closing.notify_one();
    }
}

#[derive(Default)]
pub(super) struct Admission {
    all: Mutex<Entries>,
}

#[derive(Default)]
struct Entries {
    next: u64,
    entries: BTreeMap<u64, Entry>,
}

impl Admission {
    /// Admits a silent connection, or says when to try again.
    pub(super) fn admit(
        self: &Arc<Self>,
        from: IpAddr,
        trusted: bool,
        limits: &Limits,
        now: Instant,
    ) -> Result<Slot, Instant> {
        let mut all = self.lock();
        if all.entries.values().filter(|entry| entry.stage == Stage::Silent).count() >= limits.silent
            && let Some(oldest) = all.oldest_of_the_most_silent()
        {
            if now < oldest.since + GRACE {
                return Err(oldest.since + GRACE);
            }
            oldest.close();
        }
        let (id, closing) = (all.next, Arc::<Notify>::default());
        let entry = Entry {
            from: customer(from),
            trusted,
            stage: Stage::Silent,
            since: now,
            closing: closing.clone(),
        };
        all.entries.insert(id, entry);
        all.next += 1;
        Ok(Slot { id, closing, admission: self.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, Entries> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Entries {
    fn oldest_of_the_most_silent(&mut self) -> Option<&mut Entry> {
        let mut counts = HashMap::<IpAddr, usize>::new();
        for entry in self.entries.values().filter(|entry| entry.stage == Stage::Silent) {
            *counts.entry(entry.from).or_default() += 1;
        }
        let most = counts.values().max().copied()?;
        // The first one is the oldest: numbers are given in turn.
        self.entries
            .values_mut()
            .find(|entry| entry.stage == Stage::Silent && counts.get(&entry.from) == Some(&most))
    }

    /// Whether there is a slot for this connection; one that is idle, or else takes too long, is closed for it.
    fn take_slot(&mut self, id: u64, limits: &Limits, now: Instant) -> bool {
        let Some((from, trusted)) = self.entries.get(&id).map(|entry| (entry.from, entry.trusted)) else {
            return false;
        };
        let near = |entry: &Entry| network_of(entry.from) == network_of(from);
        let (mut taken, mut own, mut neighbours) = (0, 0, 0);
        for entry in self.entries.values().filter(|entry| entry.has_slot()) {
            taken += 1;
            own += usize::from(entry.from == from);
            neighbours += usize::from(!entry.trusted && near(entry));
        }
        let idle = |entry: &Entry| entry.stage == Stage::Idle;
        let late = |entry: &Entry| entry.takes_too_long(limits, now);
        if !trusted && own >= limits.per_address {
            let own = |entry: &Entry| entry.from == from;
            return self.free(|entry| own(entry) && idle(entry))
                || self.free(|entry| own(entry) && late(entry));
        }
        if !trusted && neighbours >= limits.per_network {
            let near = |entry: &Entry| !entry.trusted && near(entry);
            return self.free(|entry| near(entry) && idle(entry))
                || self.free(|entry| near(entry) && late(entry));
        }
        taken < limits.connections
            || self.free(|entry| !entry.trusted && idle(entry))
            || self.free(idle)
            || self.free(|entry| !entry.trusted && late(entry))
            || self.free(late)
    }

    /// Closes the oldest of these.
    fn free(&mut self, of: impl Fn(&Entry) -> bool) -> bool {
        let these = self.entries.values_mut().filter(|entry| of(entry));
        these.min_by_key(|entry| entry.since).map(Entry::close).is_some()
    }
}

/// One connection's entry, which ends when it is dropped.
pub(super) struct Slot {
    id: u64,
    closing: Arc<Notify>,
    admission: Arc<Admission>,
}

impl Slot {
    /// A request has come: whether there is a slot for it.
    pub(super) fn request(&self, limits: &Limits, now: Instant) -> bool {
        let mut all = self.admission.lock();
        let stage = all.entries.get(&self.id).map(|entry| entry.stage);
        let admitted = match stage {
            Some(Stage::Silent) => all.take_slot(self.id, limits, now),
            // A connection that was asked to close a moment ago is answered first.
            other => other.is_some(),
        };
        if let Some(entry) = all.entries.get_mut(&self.id)
            && admitted
            && !matches!(entry.stage, Stage::Closing | Stage::Cut)
        {
            (entry.stage, entry.since) = (Stage::Busy, now);
        }
        admitted
    }

    /// The request has been answered.
    pub(super) fn answered(&self, now: Instant) {
        let mut all = self.admission.lock();
        if let Some(entry) = all.entries.get_mut(&self.id)
            && entry.stage == Stage::Busy
        {
            (entry.stage, entry.since) = (Stage::Idle, now);
        }
    }

    /// Completes once it is asked to close.
    pub(super) async fn asked_to_close(&self) {
        self.closing.notified().await;
    }

    /// Whether it ends in the middle of an answer.
    pub(super) fn is_cut(&self) -> bool {
        self.admission.lock().entries.get(&self.id).is_some_and(|entry| entry.stage == Stage::Cut)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.admission.lock().entries.remove(&self.id);
    }
}

/// The addresses that one customer can easily have many of: a /24 of IPv4, a /48 of IPv6.
fn network_of(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & !0xFF)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80)),
    }
}

/// Every customer has a whole IPv6 /64.
fn customer(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX))),
        address @ IpAddr::V4(_) => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: (usize, usize, usize) = (4, 2, 3);

    fn limits() -> Limits {
        let (connections, per_address, silent) = LIMITS;
        Limits { connections, per_address, silent, per_network: 3, ..Limits::default() }
    }

    fn admit(admission: &Arc<Admission>, from: &str, trusted: bool, now: Instant) -> Result<Slot, Instant> {
        admission.admit(from.parse().unwrap(), trusted, &limits(), now)
    }

    fn is_closing(slot: &Slot) -> bool {
        matches!(slot.admission.lock().entries[&slot.id].stage, Stage::Closing | Stage::Cut)
    }

    #[test]
    fn of_silent_connections_the_oldest_of_the_most_crowding_address_is_closed() {
        let (admission, now) = (Arc::new(Admission::default()), Instant::now());
        let other = admit(&admission, "203.0.113.1", false, now).unwrap();
        let crowd = ["2001:db8::1", "2001:db8::2"].map(|from| admit(&admission, from, false, now).unwrap());
        let until = admit(&admission, "203.0.113.2", false, now).map(drop).unwrap_err();
        let next = admit(&admission, "203.0.113.2", false, until).unwrap();
        assert!(is_closing(&crowd[0]) && !is_closing(&crowd[1]) && !is_closing(&other) && !is_closing(&next));
        drop(crowd);
        admit(&admission, "203.0.113.3", false, now).unwrap();
    }

    #[test]
    fn for_a_request_the_oldest_idle_one_makes_room_and_a_busy_one_never() {
        let (admission, now) = (Arc::new(Admission::default()), Instant::now());
        let request = |from: &str, trusted| {
            let slot = admit(&admission, from, trusted, now).unwrap();
            (slot.request(&limits(), now), slot)
        };
        let (_, proxy) = request("10.0.0.1", true);
        let (_, more) = request("10.0.0.1", true);
        let (_, third) = request("10.0.0.1", true);
        proxy.answered(now);
        let (admitted, ana) = request("198.51.100.1", false);
        assert!(admitted && !is_closing(&proxy), "a proxy has more than one address's share");
        ana.answered(now + Duration::from_secs(1));
        let (admitted, bob) = request("203.0.113.2", false);
        assert!(admitted && is_closing(&ana) && !is_closing(&proxy), "a proxy is the last to go");
        let (admitted, eve) = request("203.0.113.3", false);
        assert!(admitted && is_closing(&proxy));
        let (admitted, late) = request("203.0.113.4", false);
        assert!(!admitted, "nobody is idle");
        assert!([&more, &third, &bob, &eve, &late].into_iter().all(|slot| !is_closing(slot)));
        assert!(ana.request(&limits(), now), "who sends one more before it goes is answered");
        drop(more);
        assert!(late.request(&limits(), now));
    }

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let (admission, now) = (Arc::new(Admission::default()), Instant::now());
        let own = ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
            .map(|from| admit(&admission, from, false, now).unwrap());
        assert!(
            own[0].request(&limits(), now)
                && own[1].request(&limits(), now)
                && !own[2].request(&limits(), now)
        );
        own[1].answered(now);
        assert!(own[2].request(&limits(), now) && is_closing(&own[1]));
        let other = admit(&admission, "2001:db8:0:1::1", false, now).unwrap();
        assert!(other.request(&limits(), now));
    }

    #[test]
    fn a_network_has_its_share_and_no_more() {
        for (network, other) in [
            (["203.0.113.1", "203.0.113.2", "::ffff:203.0.113.3", "203.0.113.255"], "203.0.114.1"),
            (["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:ffff::1"], "2001:db8:1::1"),
        ] {
            let (admission, now) = (Arc::new(Admission::default()), Instant::now());
            let mut admitted = Vec::new();
            let own = network.map(|from| {
                let slot = admit(&admission, from, false, now).unwrap();
                admitted.push(slot.request(&limits(), now));
                slot
            });
            assert_eq!(admitted, [true, true, true, false], "{other}");
            assert!(admit(&admission, other, false, now).unwrap().request(&limits(), now), "{other}");
            let proxy = admit(&admission, network[0], true, now).unwrap();
            assert!(proxy.request(&limits(), now), "a proxy has no share");
            own[0].answered(now);
            assert!(own[3].request(&limits(), now) && is_closing(&own[0]));
        }
    }

    #[test]
    fn for_a_request_an_answer_that_takes_too_long_makes_room() {
        let (admission, now) = (Arc::new(Admission::default()), Instant::now());
        let begun = |from: &str, trusted, at| {
            let slot = admit(&admission, from, trusted, at).unwrap();
            assert!(slot.request(&limits(), at), "{from}");
            slot
        };
        let proxy = begun("10.0.0.1", true, now);
        let first = begun("203.0.113.1", false, now);
        let second = begun("203.0.113.1", false, now + Duration::from_secs(1));
        let idle = begun("203.0.114.1", false, now);
        idle.answered(now);
        let late = now + limits().answer_time;
        let same = admit(&admission, "203.0.113.1", false, now).unwrap();
        assert!(!same.request(&limits(), late.checked_sub(Duration::from_nanos(1)).unwrap()));
        assert!(same.request(&limits(), late) && first.is_cut() && !second.is_cut() && !is_closing(&idle));
        let other = begun("198.51.100.1", false, late + Duration::from_secs(1));
        assert!(is_closing(&idle) && !idle.is_cut() && !second.is_cut(), "who is idle goes first");
        let more = begun("198.51.100.1", false, late + Duration::from_secs(1));
        assert!(second.is_cut() && !proxy.is_cut(), "a proxy is the last to go");
        let last = begun("198.51.101.1", false, late + Duration::from_secs(1));
        assert!(proxy.is_cut());
        assert!([&same, &other, &more, &last].into_iter().all(|slot| !is_closing(slot)));
    }
}
