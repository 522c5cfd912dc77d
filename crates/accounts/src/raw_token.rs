use crate::rng::{Rng, bytes};
use aws_lc_rs::hmac;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;
use store::TokenHash;
use store::refresh_tokens::Salt;
use zeroize::{Zeroize, ZeroizeOnDrop};

/// A secret that one client keeps: 256 random bits. It cannot be stored: the store takes hashes only, and from
/// a stolen database no token can be made (SHA-256 is enough, since nobody can guess 256 bits).
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct RawToken([u8; 32]);

impl RawToken {
    pub(crate) fn new(rng: &dyn Rng) -> Self {
        Self(bytes(rng))
    }

    /// The token of a mail, which is made again at each sending.
    pub(crate) fn derived(secret: [u8; 32]) -> Self {
        Self(secret)
    }

    /// The token in a text, if the text has a token's shape: one spelling each, no padding.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut token = Self([0; 32]);
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut token.0).ok()?;
        (length == token.0.len()).then_some(token)
    }

    /// What is sent: base64url, 43 characters.
    #[must_use]
    pub fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The token that follows from this one and `salt`. It takes both: neither an old token nor a stolen database is
    /// enough.
    pub(crate) fn next(&self, salt: &Salt) -> Self {
        let mut next = Self([0; 32]);
        let key = hmac::Key::new(hmac::HMAC_SHA256, &self.0);
        next.0.copy_from_slice(hmac::sign(&key, salt).as_ref());
        next
    }

    /// What needs both this one and `other`.
    pub(crate) fn bound_to(&self, other: &Self) -> Self {
        self.next(&other.0)
    }

    /// What is stored.
    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash::new(self.digest())
    }

    /// The same, as a part of what is stored encrypted.
    pub(crate) fn digest(&self) -> [u8; 32] {
        Sha256::digest(self.0).into()
    }
}

impl fmt::Debug for RawToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RawToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rng::SystemRng;

    #[test]
    fn what_was_sent_is_read_and_hashes_to_the_same() {
        let token = RawToken::new(&SystemRng);
        let text = token.reveal();
        assert_eq!(text.len(), 43);
        assert_eq!(RawToken::parse(&text).unwrap().hash(), token.hash());
        assert_ne!(RawToken::new(&SystemRng).hash(), token.hash());
        assert_eq!(format!("{token:?} {:?}", token.hash()), "RawToken(…) TokenHash(…)");
    }

    #[test]
    fn token_and_salt_together_make_the_next() {
        let (token, salt) = (RawToken::new(&SystemRng), bytes(&SystemRng));
        assert_eq!(token.next(&salt).hash(), token.next(&salt).hash());
        assert_ne!(token.next(&salt).hash(), token.next(&bytes(&SystemRng)).hash());
        assert_ne!(token.next(&salt).hash(), RawToken::new(&SystemRng).next(&salt).hash());
        assert_ne!(token.next(&salt).hash(), token.hash());
    }

    #[test]
    fn a_text_of_another_shape_is_no_token() {
        let text = RawToken::new(&SystemRng).reveal();
        let other = [
            String::new(),
            text[..42].to_owned(),
            format!("{text}A"),
            format!("{text}="),
            format!("{text}\n"),
            format!("{}+", &text[..42]),
            // The last character's two spare bits are zero: a token has one spelling.
            format!("{}B", &text[..42]),
            "A".repeat(1 << 20),
        ];
        for text in other {
            assert!(RawToken::parse(&text).is_none(), "{} characters", text.len());
        }
    }
}
