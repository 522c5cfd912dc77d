//! What only programs with this site's signing key can say to each other.

use crate::Accounts;
use aws_lc_rs::hmac;

impl Accounts {
    /// A code over `data` that nobody makes without the site's signing key; one for each purpose.
    #[must_use]
    pub fn prove(&self, purpose: &str, data: &[u8]) -> [u8; 32] {
        let mut proof = [0; 32];
        proof.copy_from_slice(hmac::sign(&self.proof_key(purpose), data).as_ref());
        proof
    }

    /// Whether it is that code, compared in constant time.
    #[must_use]
    pub fn is_proven(&self, purpose: &str, data: &[u8], proof: &[u8]) -> bool {
        hmac::verify(&self.proof_key(purpose), data, proof).is_ok()
    }

    fn proof_key(&self, purpose: &str) -> hmac::Key {
        hmac::Key::new(hmac::HMAC_SHA256, &self.settings().signing.derive(purpose))
    }
}
