use aws_lc_rs::hmac;
use sha2::{Digest, Sha256};
use store::throttle::Key;

/// The key of a count. Whoever has the database has the names anyway; for Redis see [`RedisKeys`].
pub(crate) fn key(purpose: &str, parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new_with_prefix(purpose.as_bytes());
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

/// Keys as Redis holds them. Without the secret nobody can try out which name, address or session one belongs to.
#[derive(Clone)]
pub(crate) struct RedisKeys(hmac::Key);

impl RedisKeys {
    pub(crate) fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    pub(crate) fn of(&self, key: &Key) -> Key {
        let mut keyed = [0; 32];
        keyed.copy_from_slice(hmac::sign(&self.0, key).as_ref());
        keyed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_a_key_do_not_run_together() {
        assert_ne!(key("a", &[b"bc", b"d"]), key("a", &[b"b", b"cd"]));
        assert_ne!(key("e-mail", &[b"ana"]), key("username", &[b"ana"]));
    }

    #[test]
    fn a_key_in_redis_depends_on_the_secret() {
        let [one, other] = [[1; 32], [2; 32]].map(|secret| RedisKeys::new(&secret));
        let [ana, eve] = ["ana", "eve"].map(|name| key("username", &[name.as_bytes()]));
        assert_eq!(one.of(&ana), one.clone().of(&ana));
        assert_ne!(one.of(&ana), other.of(&ana));
        assert_ne!(one.of(&ana), one.of(&eve));
        assert_ne!(one.of(&ana), ana);
    }
}
