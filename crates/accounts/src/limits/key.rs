use sha2::{Digest, Sha256};
use store::throttle::Key;

/// The key of a count: it reveals neither the name nor the address.
pub(crate) fn key(purpose: &str, parts: &[&[u8]]) -> Key {
    let mut hash = Sha256::new_with_prefix(purpose.as_bytes());
    for part in parts {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

#[cfg(test)]
mod tests {
    use super::key;

    #[test]
    fn parts_of_a_key_do_not_run_together() {
        assert_ne!(key("a", &[b"bc", b"d"]), key("a", &[b"b", b"cd"]));
        assert_ne!(key("e-mail", &[b"ana"]), key("username", &[b"ana"]));
    }
}
