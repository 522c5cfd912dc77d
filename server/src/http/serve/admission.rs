//! Who may have a connection. A connection that has sent no request yet stands in the hall; its first request gives it
//! a place. Whoever is silent makes room: in the hall the oldest of the address that has most, among the places the
//! oldest idle one, or else one whose answer takes too long. An address and a network have a share of the places. So
//! nobody is crowded out by those who only hold connections.

use super::Limits;
use std::collections::{BTreeMap, HashMap};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::Notify;
use tokio::time::Instant;

/// Nobody is sent out of the hall sooner: a request that is there already is read by then.
const GRACE: Duration = Duration::from_millis(50);

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    /// In the hall.
    Silent,
    Busy,
    Idle,
    /// Asked to go, so not counted any more.
    Leaving,
    /// Its answer took too long: it goes at once.
    Cut,
}

struct Member {
    /// The address, or of IPv6 the network that one customer has.
    from: IpAddr,
    /// Whether it is a proxy's, behind which are many.
    trusted: bool,
    stage: Stage,
    since: Instant,
    leave: Arc<Notify>,
}

impl Member {
    fn has_place(&self) -> bool {
        matches!(self.stage, Stage::Busy | Stage::Idle)
    }

    fn takes_too_long(&self, limits: &Limits, now: Instant) -> bool {
        self.stage == Stage::Busy && now >= self.since + limits.answer_time
    }

    fn send_away(&mut self) {
        self.stage = if self.stage == Stage::Busy { Stage::Cut } else { Stage::Leaving };
        self.leave.notify_one();
    }
}

#[derive(Default)]
pub(super) struct Places {
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    next: u64,
    members: BTreeMap<u64, Member>,
}

impl Places {
    /// Lets somebody into the hall, or says when to ask again.
    pub(super) fn enter(
        self: &Arc<Self>,
        from: IpAddr,
        trusted: bool,
        limits: &Limits,
        now: Instant,
    ) -> Result<Place, Instant> {
        let mut all = self.lock();
        if all.members.values().filter(|member| member.stage == Stage::Silent).count() >= limits.silent
            && let Some(oldest) = all.oldest_of_the_most_silent()
        {
            if now < oldest.since + GRACE {
                return Err(oldest.since + GRACE);
            }
            oldest.send_away();
        }
        let (id, leave) = (all.next, Arc::<Notify>::default());
        let member =
            Member { from: network(from), trusted, stage: Stage::Silent, since: now, leave: leave.clone() };
        all.members.insert(id, member);
        all.next += 1;
        Ok(Place { id, leave, places: self.clone() })
    }

    fn lock(&self) -> MutexGuard<'_, All> {
        self.all.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl All {
    fn oldest_of_the_most_silent(&mut self) -> Option<&mut Member> {
        let mut counts = HashMap::<IpAddr, usize>::new();
        for member in self.members.values().filter(|member| member.stage == Stage::Silent) {
            *counts.entry(member.from).or_default() += 1;
        }
        let most = counts.values().max().copied()?;
        // The first one is the oldest: numbers are given in turn.
        self.members
            .values_mut()
            .find(|member| member.stage == Stage::Silent && counts.get(&member.from) == Some(&most))
    }

    /// Whether there is a place for this member; one that is idle, or else takes too long, makes room.
    fn seat(&mut self, id: u64, limits: &Limits, now: Instant) -> bool {
        let Some((from, trusted)) = self.members.get(&id).map(|member| (member.from, member.trusted)) else {
            return false;
        };
        let near = |member: &Member| neighbourhood(member.from) == neighbourhood(from);
        let (mut seated, mut own, mut neighbours) = (0, 0, 0);
        for member in self.members.values().filter(|member| member.has_place()) {
            seated += 1;
            own += usize::from(member.from == from);
            neighbours += usize::from(!member.trusted && near(member));
        }
        let idle = |member: &Member| member.stage == Stage::Idle;
        let late = |member: &Member| member.takes_too_long(limits, now);
        if !trusted && own >= limits.per_address {
            let own = |member: &Member| member.from == from;
            return self.free(|member| own(member) && idle(member))
                || self.free(|member| own(member) && late(member));
        }
        if !trusted && neighbours >= limits.per_network {
            let near = |member: &Member| !member.trusted && near(member);
            return self.free(|member| near(member) && idle(member))
                || self.free(|member| near(member) && late(member));
        }
        seated < limits.connections
            || self.free(|member| !member.trusted && idle(member))
            || self.free(idle)
            || self.free(|member| !member.trusted && late(member))
            || self.free(late)
    }

    /// Sends the oldest of these away.
    fn free(&mut self, of: impl Fn(&Member) -> bool) -> bool {
        let these = self.members.values_mut().filter(|member| of(member));
        these.min_by_key(|member| member.since).map(Member::send_away).is_some()
    }
}

/// One connection's; given back when it is dropped.
pub(super) struct Place {
    id: u64,
    leave: Arc<Notify>,
    places: Arc<Places>,
}

impl Place {
    /// A request has come: whether there is a place for it.
    pub(super) fn request(&self, limits: &Limits, now: Instant) -> bool {
        let mut all = self.places.lock();
        let stage = all.members.get(&self.id).map(|member| member.stage);
        let seated = match stage {
            Some(Stage::Silent) => all.seat(self.id, limits, now),
            // Who was asked to go a moment ago is answered first.
            other => other.is_some(),
        };
        if let Some(member) = all.members.get_mut(&self.id)
            && seated
            && !matches!(member.stage, Stage::Leaving | Stage::Cut)
        {
            (member.stage, member.since) = (Stage::Busy, now);
        }
        seated
    }

    /// The request has been answered.
    pub(super) fn answered(&self, now: Instant) {
        let mut all = self.places.lock();
        if let Some(member) = all.members.get_mut(&self.id)
            && member.stage == Stage::Busy
        {
            (member.stage, member.since) = (Stage::Idle, now);
        }
    }

    /// Completes once it is asked to make room.
    pub(super) async fn is_needed(&self) {
        self.leave.notified().await;
    }

    /// Whether it has to go in the middle of an answer.
    pub(super) fn is_cut(&self) -> bool {
        self.places.lock().members.get(&self.id).is_some_and(|member| member.stage == Stage::Cut)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        self.places.lock().members.remove(&self.id);
    }
}

/// The addresses that one customer can easily have many of: a /24 of IPv4, a /48 of IPv6.
fn neighbourhood(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(address) => IpAddr::V4(Ipv4Addr::from_bits(address.to_bits() & !0xFF)),
        IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() >> 80 << 80)),
    }
}

/// Every customer has a whole /64 of IPv6.
fn network(address: IpAddr) -> IpAddr {
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

    fn enter(places: &Arc<Places>, from: &str, trusted: bool, now: Instant) -> Result<Place, Instant> {
        places.enter(from.parse().unwrap(), trusted, &limits(), now)
    }

    fn asked_to_go(place: &Place) -> bool {
        matches!(place.places.lock().members[&place.id].stage, Stage::Leaving | Stage::Cut)
    }

    #[test]
    fn in_the_hall_the_oldest_of_the_most_crowding_address_makes_room() {
        let (places, now) = (Arc::new(Places::default()), Instant::now());
        let other = enter(&places, "203.0.113.1", false, now).unwrap();
        let crowd = ["2001:db8::1", "2001:db8::2"].map(|from| enter(&places, from, false, now).unwrap());
        let until = enter(&places, "203.0.113.2", false, now).map(drop).unwrap_err();
        let next = enter(&places, "203.0.113.2", false, until).unwrap();
        assert!(
            asked_to_go(&crowd[0]) && !asked_to_go(&crowd[1]) && !asked_to_go(&other) && !asked_to_go(&next)
        );
        drop(crowd);
        enter(&places, "203.0.113.3", false, now).unwrap();
    }

    #[test]
    fn for_a_request_the_oldest_idle_one_makes_room_and_a_busy_one_never() {
        let (places, now) = (Arc::new(Places::default()), Instant::now());
        let request = |from: &str, trusted| {
            let place = enter(&places, from, trusted, now).unwrap();
            (place.request(&limits(), now), place)
        };
        let (_, proxy) = request("10.0.0.1", true);
        let (_, more) = request("10.0.0.1", true);
        let (_, third) = request("10.0.0.1", true);
        proxy.answered(now);
        let (seated, ana) = request("198.51.100.1", false);
        assert!(seated && !asked_to_go(&proxy), "a proxy has more than one address's share");
        ana.answered(now + Duration::from_secs(1));
        let (seated, bob) = request("203.0.113.2", false);
        assert!(seated && asked_to_go(&ana) && !asked_to_go(&proxy), "a proxy is the last to go");
        let (seated, eve) = request("203.0.113.3", false);
        assert!(seated && asked_to_go(&proxy));
        let (seated, late) = request("203.0.113.4", false);
        assert!(!seated, "nobody is idle");
        assert!([&more, &third, &bob, &eve, &late].into_iter().all(|place| !asked_to_go(place)));
        assert!(ana.request(&limits(), now), "who sends one more before it goes is answered");
        drop(more);
        assert!(late.request(&limits(), now));
    }

    #[test]
    fn an_address_has_its_share_and_no_more() {
        let (places, now) = (Arc::new(Places::default()), Instant::now());
        let own = ["2001:db8::1", "2001:db8::2", "2001:db8::3"]
            .map(|from| enter(&places, from, false, now).unwrap());
        assert!(
            own[0].request(&limits(), now)
                && own[1].request(&limits(), now)
                && !own[2].request(&limits(), now)
        );
        own[1].answered(now);
        assert!(own[2].request(&limits(), now) && asked_to_go(&own[1]));
        let other = enter(&places, "2001:db8:0:1::1", false, now).unwrap();
        assert!(other.request(&limits(), now));
    }

    #[test]
    fn a_network_has_its_share_and_no_more() {
        for (network, other) in [
            (["203.0.113.1", "203.0.113.2", "::ffff:203.0.113.3", "203.0.113.255"], "203.0.114.1"),
            (["2001:db8::1", "2001:db8:0:1::1", "2001:db8:0:2::1", "2001:db8:0:ffff::1"], "2001:db8:1::1"),
        ] {
            let (places, now) = (Arc::new(Places::default()), Instant::now());
            let mut seated = Vec::new();
            let own = network.map(|from| {
                let place = enter(&places, from, false, now).unwrap();
                seated.push(place.request(&limits(), now));
                place
            });
            assert_eq!(seated, [true, true, true, false], "{other}");
            assert!(enter(&places, other, false, now).unwrap().request(&limits(), now), "{other}");
            let proxy = enter(&places, network[0], true, now).unwrap();
            assert!(proxy.request(&limits(), now), "a proxy has no share");
            own[0].answered(now);
            assert!(own[3].request(&limits(), now) && asked_to_go(&own[0]));
        }
    }

    #[test]
    fn for_a_request_an_answer_that_takes_too_long_makes_room() {
        let (places, now) = (Arc::new(Places::default()), Instant::now());
        let begun = |from: &str, trusted, at| {
            let place = enter(&places, from, trusted, at).unwrap();
            assert!(place.request(&limits(), at), "{from}");
            place
        };
        let proxy = begun("10.0.0.1", true, now);
        let first = begun("203.0.113.1", false, now);
        let second = begun("203.0.113.1", false, now + Duration::from_secs(1));
        let idle = begun("203.0.114.1", false, now);
        idle.answered(now);
        let late = now + limits().answer_time;
        let same = enter(&places, "203.0.113.1", false, now).unwrap();
        assert!(!same.request(&limits(), late.checked_sub(Duration::from_nanos(1)).unwrap()));
        assert!(same.request(&limits(), late) && first.is_cut() && !second.is_cut() && !asked_to_go(&idle));
        let other = begun("198.51.100.1", false, late + Duration::from_secs(1));
        assert!(asked_to_go(&idle) && !idle.is_cut() && !second.is_cut(), "who is idle goes first");
        let more = begun("198.51.100.1", false, late + Duration::from_secs(1));
        assert!(second.is_cut() && !proxy.is_cut(), "a proxy is the last to go");
        let last = begun("198.51.101.1", false, late + Duration::from_secs(1));
        assert!(proxy.is_cut());
        assert!([&same, &other, &more, &last].into_iter().all(|place| !asked_to_go(place)));
    }
}
