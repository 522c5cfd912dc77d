use std::cell::RefCell;
use std::sync::atomic::{AtomicU64, Ordering};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

/// Where randomness comes from; tests seed theirs.
pub trait Rng: Send + Sync {
    /// Fills `bytes` with secrets that nobody can guess.
    fn fill(&self, bytes: &mut [u8]);
}

/// The operating system's generator.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemRng;

impl Rng for SystemRng {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the system's generator")]
    #[expect(clippy::expect_used, reason = "without randomness nothing here is safe: better to stop")]
    fn fill(&self, bytes: &mut [u8]) {
        getrandom::fill(bytes).expect("the operating system gives no randomness");
    }
}

/// The same generator, which each thread asks for many bytes at once: for what everybody may know, like the id of a
/// request, and nothing else. Bytes that were handed out are kept until the next are asked for.
#[derive(Debug, Clone, Copy, Default)]
pub struct ReadAheadRng;

/// How many bytes are asked for at once: 64 ids of 16 bytes.
const AHEAD: usize = 1_024;

thread_local! {
    static BYTES: RefCell<([u8; AHEAD], usize)> = const { RefCell::new(([0; AHEAD], 0)) };
}

impl Rng for ReadAheadRng {
    fn fill(&self, bytes: &mut [u8]) {
        let take = |(ahead, left): &mut ([u8; AHEAD], usize), bytes: &mut [u8]| {
            for byte in bytes {
                if *left == 0 {
                    SystemRng.fill(ahead);
                    *left = AHEAD;
                }
                *left -= 1;
                *byte = ahead[*left];
            }
        };
        // At the very end of a thread nothing is kept for it any more.
        if BYTES.try_with(|kept| take(&mut kept.borrow_mut(), bytes)).is_err() {
            SystemRng.fill(bytes);
        }
    }
}

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// A UUID v7 (RFC 9562 section 5.7): ordered by `now`, unguessable by its 74 random bits.
pub(crate) fn uuid(rng: &dyn Rng, now: OffsetDateTime) -> Uuid {
    Builder::from_unix_timestamp_millis(millis(now), &bytes(rng)).into_uuid()
}

fn millis(now: OffsetDateTime) -> u64 {
    u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0)
}

/// No id that is made from this moment on is smaller.
pub(crate) fn first_id(at: OffsetDateTime) -> Uuid {
    Uuid::from_u128(u128::from(millis(at).min((1 << 48) - 1)) << 80)
}

/// When an id was made.
pub(crate) fn time_of(id: Uuid) -> OffsetDateTime {
    let millis = i128::try_from(id.as_u128() >> 80).unwrap_or_default();
    OffsetDateTime::from_unix_timestamp_nanos(millis * 1_000_000).unwrap_or(OffsetDateTime::UNIX_EPOCH)
}

/// UUIDs v7 of which those of one moment are in the order in which this server made them (RFC 9562 section 6.2,
/// method 1): a counter of 42 bits, and 32 random ones that keep servers apart.
pub(crate) struct OrderedIds(AtomicU64);

impl OrderedIds {
    /// Begins in the counter's lower half: no server lives to see it wrap.
    pub(crate) fn new(rng: &dyn Rng) -> Self {
        Self(AtomicU64::new(u64::from_be_bytes(bytes(rng)) >> 23))
    }

    pub(crate) fn next(&self, rng: &dyn Rng, now: OffsetDateTime) -> Uuid {
        let count = self.0.fetch_add(1, Ordering::Relaxed);
        // The version goes over the first four bits, and the variant over the first two behind these two bytes.
        let (count, random) = (u128::from(count), u32::from_be_bytes(bytes(rng)));
        let bits = ((count >> 30) & 0xffff) << 64 | (count & 0xffff_ffff) << 32 | u128::from(random);
        let [_, _, _, _, _, _, rest @ ..] = bits.to_be_bytes();
        Builder::from_unix_timestamp_millis(millis(now), &rest).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::macros::datetime;

    #[test]
    fn ids_of_a_moment_are_not_before_its_first() {
        let at = datetime!(2026-11-27 12:00 UTC);
        let id = |at| uuid(&SystemRng, at);
        assert!(first_id(at) <= id(at) && id(at - time::Duration::MILLISECOND) < first_id(at));
        assert_eq!((time_of(id(at)), time_of(first_id(at))), (at, at));
    }

    #[test]
    fn bytes_that_were_asked_for_ahead_come_once() {
        let some = || bytes::<24>(&ReadAheadRng);
        let all: std::collections::BTreeSet<_> = (0..500).map(|_| some()).collect();
        assert_eq!(all.len(), 500, "also where the next are asked for within one request");
        let threads: Vec<_> = (0..4).map(|_| std::thread::spawn(some)).collect();
        assert!(threads.into_iter().all(|thread| !all.contains(&thread.join().unwrap())));
    }

    #[test]
    fn ids_of_one_moment_are_in_the_order_in_which_they_were_made() {
        let at = datetime!(2026-11-27 12:00 UTC);
        // Where each part of the counter runs over.
        for begin in [0, 0xff, 0xffff, 0x3fff_ff00, (1 << 41) - 1] {
            let ids = OrderedIds(AtomicU64::new(begin));
            let made: Vec<_> = (0..600).map(|_| ids.next(&SystemRng, at)).collect();
            assert!(made.is_sorted() && made.iter().all(|id| id.get_version_num() == 7), "{begin}");
            assert!(made[599] < ids.next(&SystemRng, at + time::Duration::MILLISECOND));
        }
    }
}
