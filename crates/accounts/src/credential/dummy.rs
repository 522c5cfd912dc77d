use super::stored::{Scheme, Stored};
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use std::sync::{PoisonError, RwLock};

/// What a name is checked against that has no hash of its own, so that it costs what a known one may
/// (promise P2). While imported hashes remain, scheme and cost are picked by a keyed hash of the name, in
/// the proportions of the users table: one name always has one scheme, whatever the replica, and nobody
/// without the key can say which.
pub(crate) struct Dummies {
    key: Key,
    ours: Scheme,
    shares: RwLock<Vec<(Scheme, u64)>>,
}

impl Dummies {
    pub(crate) fn new(key: &[u8], ours: Scheme) -> Self {
        Self { key: Key::new(HMAC_SHA256, key), ours, shares: RwLock::default() }
    }

    /// Takes over how many accounts have hashes of which scheme; all replicas must give them in one order.
    pub(crate) fn learn(&self, shares: Vec<(Scheme, u64)>) {
        *self.shares.write().unwrap_or_else(PoisonError::into_inner) = shares;
    }

    pub(crate) fn pick(&self, name: &str) -> Stored {
        let tag = sign(&self.key, name.as_bytes());
        let draw = tag.as_ref().iter().take(8).fold(0, |draw, byte| draw << 8 | u128::from(*byte));
        let shares = self.shares.read().unwrap_or_else(PoisonError::into_inner);
        let total: u128 = shares.iter().map(|(_, share)| u128::from(*share)).sum();
        let mut left = (draw * total) >> 64;
        let picked = shares.iter().find(|(_, share)| {
            let here = left < u128::from(*share);
            left = left.saturating_sub(u128::from(*share));
            here
        });
        picked.map_or(&self.ours, |(scheme, _)| scheme).dummy()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dummies(key: &[u8]) -> Dummies {
        Dummies::new(key, Scheme::Bcrypt(4))
    }

    fn names() -> impl Iterator<Item = String> {
        (0..10_000).map(|n| format!("somebody-{n}@example.com"))
    }

    #[test]
    fn names_are_spread_in_the_proportions_of_the_table() {
        let dummies = dummies(&[7; 32]);
        dummies.learn(vec![(Scheme::Bcrypt(12), 600), (Scheme::Bcrypt(10), 100), (Scheme::Bcrypt(5), 300)]);
        let mut found = [0_u32; 3];
        for name in names() {
            let cost = dummies.pick(&name).scheme;
            found[[12, 10, 5].iter().position(|known| cost == Scheme::Bcrypt(*known)).unwrap()] += 1;
        }
        // Five standard deviations about 6,000, 1,000 and 3,000.
        for (found, range) in found.iter().zip([5_755..=6_245, 850..=1_150, 2_770..=3_230]) {
            assert!(range.contains(found), "{found} is not in {range:?}");
        }
    }

    #[test]
    fn a_name_has_one_scheme_on_every_replica_and_another_key_picks_otherwise() {
        let shares = vec![(Scheme::Bcrypt(12), 1), (Scheme::Bcrypt(10), 1)];
        let replicas = [dummies(&[7; 32]), dummies(&[7; 32]), dummies(&[8; 32])];
        for replica in &replicas {
            replica.learn(shares.clone());
        }
        let [one, same, other] = replicas;
        assert!(names().all(|name| one.pick(&name).scheme == same.pick(&name).scheme));
        assert!(names().any(|name| one.pick(&name).scheme != other.pick(&name).scheme));
    }

    #[test]
    fn without_a_table_every_name_costs_what_ours_do() {
        let dummies = dummies(&[7; 32]);
        assert!(names().all(|name| dummies.pick(&name).scheme == Scheme::Bcrypt(4)));
        dummies.learn(vec![(Scheme::Bcrypt(12), 0)]);
        assert!(names().all(|name| dummies.pick(&name).scheme == Scheme::Bcrypt(4)));
    }
}
