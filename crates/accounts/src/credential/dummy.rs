use super::stored::Stored;
use aws_lc_rs::hmac::{HMAC_SHA256, Key, sign};
use std::sync::{Mutex, PoisonError, RwLock};

/// The hash that stands in for a name without one: hashing an unknown name costs what hashing a known one does (promise
/// P2). While imported hashes remain, a keyed hash of the name picks scheme and cost, in the proportions of the users
/// table. So a name has the same scheme on every replica, and nobody without the key can say which.
pub(crate) struct Dummies {
    key: Key,
    ours: Stored,
    shares: RwLock<Vec<(Stored, u64)>>,
    others: Mutex<Others>,
}

/// Kinds of hashes that accounts have and names do not stand for.
#[derive(Default)]
struct Others {
    /// Met, and not looked for yet.
    met: Vec<Stored>,
    /// Looked for, and not among the commonest: looking again would find no more.
    rare: Vec<Stored>,
}

/// How many of these are kept.
const OTHERS: usize = 1_000;

fn holds(kinds: &[Stored], stored: &Stored) -> bool {
    kinds.iter().any(|kind| kind.costs_as(stored))
}

impl Dummies {
    pub(crate) fn new(key: &[u8], ours: &Stored) -> Self {
        Self {
            key: Key::new(HMAC_SHA256, key),
            ours: ours.dummy(),
            shares: RwLock::default(),
            others: Mutex::default(),
        }
    }

    /// Learns how many accounts each of these hashes stands for; all replicas must give them in the same order. `met` others
    /// had been met before they were counted.
    pub(crate) fn learn(&self, shares: Vec<(Stored, u64)>, met: usize) {
        let shares = shares.into_iter().map(|(example, share)| (example.dummy(), share)).collect();
        *self.shares.write().unwrap_or_else(PoisonError::into_inner) = shares;
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let Others { met: waiting, rare } = &mut *others;
        rare.extend(waiting.drain(..met.min(waiting.len())));
        rare.retain(|kind| !self.stand_for(Some(kind)));
    }

    /// Takes note of an account's hash if it is of a kind that is to be looked for.
    pub(crate) fn meet(&self, stored: &Stored) {
        if self.stand_for(Some(stored)) {
            return;
        }
        let mut others = self.others.lock().unwrap_or_else(PoisonError::into_inner);
        let Others { met, rare } = &mut *others;
        if met.len() + rare.len() < OTHERS && !holds(met, stored) && !holds(rare, stored) {
            met.push(stored.dummy());
        }
    }

    /// How many kinds are to be looked for.
    pub(crate) fn met(&self) -> usize {
        self.others.lock().unwrap_or_else(PoisonError::into_inner).met.len()
    }

    /// Whether names stand for hashes like this one; without an argument, for those of today's cost.
    pub(crate) fn stand_for(&self, stored: Option<&Stored>) -> bool {
        let wanted = stored.unwrap_or(&self.ours);
        let shares = self.shares.read().unwrap_or_else(PoisonError::into_inner);
        shares.iter().any(|(dummy, _)| dummy.costs_as(wanted))
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
        picked.map_or(&self.ours, |(dummy, _)| dummy).clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::credential::foreign::Prehash;
    use crate::credential::stored::Scheme;

    fn bcrypt(cost: u32) -> Stored {
        let scheme = Scheme::Bcrypt(cost, Prehash::Nothing);
        Stored { scheme, salt: vec![1; 16], expected: vec![1; 23] }
    }

    fn dummies(key: &[u8]) -> Dummies {
        Dummies::new(key, &bcrypt(4))
    }

    fn names() -> impl Iterator<Item = String> {
        (0..10_000).map(|n| format!("somebody-{n}@example.com"))
    }

    #[test]
    fn names_are_spread_in_the_proportions_of_the_table() {
        let dummies = dummies(&[7; 32]);
        dummies.learn(vec![(bcrypt(12), 600), (bcrypt(10), 100), (bcrypt(5), 300)], 0);
        let mut found = [0_u32; 3];
        for name in names() {
            let cost = dummies.pick(&name).scheme;
            found[[12, 10, 5].iter().position(|known| cost == bcrypt(*known).scheme).unwrap()] += 1;
        }
        // Five standard deviations about 6,000, 1,000 and 3,000.
        for (found, range) in found.iter().zip([5_755..=6_245, 850..=1_150, 2_770..=3_230]) {
            assert!(range.contains(found), "{found} is not in {range:?}");
        }
    }

    #[test]
    fn a_name_has_one_scheme_on_every_replica_and_another_key_picks_otherwise() {
        let shares = vec![(bcrypt(12), 1), (bcrypt(10), 1)];
        let replicas = [dummies(&[7; 32]), dummies(&[7; 32]), dummies(&[8; 32])];
        for replica in &replicas {
            replica.learn(shares.clone(), 0);
        }
        let [one, same, other] = replicas;
        assert!(names().all(|name| one.pick(&name).scheme == same.pick(&name).scheme));
        assert!(names().any(|name| one.pick(&name).scheme != other.pick(&name).scheme));
    }

    #[test]
    fn without_a_table_every_name_costs_what_ours_do() {
        let dummies = dummies(&[7; 32]);
        assert!(names().all(|name| dummies.pick(&name).scheme == bcrypt(4).scheme));
        dummies.learn(vec![(bcrypt(12), 0)], 0);
        assert!(names().all(|name| dummies.pick(&name).scheme == bcrypt(4).scheme));
    }

    #[test]
    fn a_dummy_has_the_lengths_of_what_it_stands_for_and_nothing_else_of_it() {
        let dummies = dummies(&[7; 32]);
        let example = Stored { salt: vec![1; 9], expected: vec![2; 64], ..bcrypt(4) };
        dummies.learn(vec![(example, 1)], 0);
        let dummy = dummies.pick("nobody");
        assert_eq!((dummy.salt, dummy.expected), (vec![0; 9], vec![0; 64]));
    }

    /// What a table is counted by (`store::users::hashes`) must not be told apart here, or it would be counted for ever.
    #[test]
    fn hashes_that_cost_the_same_are_of_one_kind() {
        let dummies = dummies(&[7; 32]);
        let [hash, salt] = ["AAAAAAAAAAAAAAAAAAAAAA"; 2];
        let parse = |costs: &str| Stored::parse(&format!("{costs}${salt}${hash}")).unwrap();
        let of = |scheme: &str| Stored::parse(scheme).unwrap();
        let long = "A".repeat(43);
        dummies
            .learn(vec![(parse("$argon2id$v=19$m=19456,t=2,p=1"), 1), (parse("$pbkdf2-sha256$29000"), 1)], 0);
        for same in [
            parse("$argon2id$v=19$m=19456,t=2,p=4"),
            parse("argon2$argon2id$v=19$m=19456,t=2,p=1"),
            of(&format!("$argon2id$v=19$m=19456,t=2,p=1${salt}${long}")),
            of(&format!("$pbkdf2-sha256$29000${salt}${long}")),
        ] {
            assert!(dummies.stand_for(Some(&same)));
        }
        for other in [
            parse("$argon2i$v=19$m=19456,t=2,p=1"),
            parse("$argon2id$v=16$m=19456,t=2,p=1"),
            parse("$argon2id$v=19$m=19456,t=3,p=1"),
            parse("$argon2id$v=19$m=19457,t=2,p=1"),
            parse("$pbkdf2-sha256$29001"),
            parse("$pbkdf2-sha512$29000"),
            of(&format!("$pbkdf2-sha256$29000${salt}${}", "A".repeat(86))),
            bcrypt(4),
        ] {
            assert!(!dummies.stand_for(Some(&other)));
        }
    }

    /// A stranger who guesses at one account may not have all of them counted again and again.
    #[test]
    fn a_kind_that_was_looked_for_in_vain_is_looked_for_no_more() {
        let dummies = dummies(&[7; 32]);
        let commonest = vec![(bcrypt(12), 600)];
        dummies.learn(commonest.clone(), dummies.met());
        for cost in [12, 10, 10] {
            dummies.meet(&bcrypt(cost));
        }
        assert_eq!(dummies.met(), 1);
        let begun = dummies.met();
        dummies.meet(&bcrypt(8));
        dummies.learn(commonest.clone(), begun);
        assert_eq!(dummies.met(), 1, "it may have come after the others were counted");
        dummies.learn(commonest, dummies.met());
        for cost in [12, 10, 8] {
            dummies.meet(&bcrypt(cost));
        }
        assert_eq!(dummies.met(), 0);
        dummies.learn(vec![(bcrypt(10), 600)], 0);
        dummies.meet(&bcrypt(12));
        assert_eq!(dummies.met(), 1, "it was known, and is no more");
    }
}
