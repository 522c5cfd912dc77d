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

/// `N` random bytes.
pub(crate) fn bytes<const N: usize>(rng: &dyn Rng) -> [u8; N] {
    let mut bytes = [0; N];
    rng.fill(&mut bytes);
    bytes
}

/// A UUID v7 (RFC 9562 section 5.7): ordered by `now`, unguessable by its 74 random bits.
pub(crate) fn uuid(rng: &dyn Rng, now: OffsetDateTime) -> Uuid {
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or(0);
    Builder::from_unix_timestamp_millis(millis, &bytes(rng)).into_uuid()
}

/// No id that is made from this moment on is smaller.
pub(crate) fn first_id(at: OffsetDateTime) -> Uuid {
    let millis = u128::try_from(at.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Uuid::from_u128(millis.min((1 << 48) - 1) << 80)
}

#[cfg(test)]
mod tests {
    use super::*;
    use time::Duration;
    use time::macros::datetime;

    #[test]
    fn ids_of_a_moment_are_not_before_its_first() {
        let at = datetime!(2026-11-27 12:00 UTC);
        let id = |at| uuid(&SystemRng, at);
        assert!(first_id(at) <= id(at) && id(at - Duration::MILLISECOND) < first_id(at));
    }
}
