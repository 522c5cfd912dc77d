use crate::SetupError;
use crate::policy::RETIRED_KEY_VERIFIES;
use aws_lc_rs::hmac;
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::jwk::{
    AlgorithmParameters, CommonParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, OctetKeyPairParameters,
    OctetKeyPairType, PublicKeyUse,
};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey};
use pem::Pem;
use sha2::{Digest, Sha256};
use std::fmt;
use time::{Duration, OffsetDateTime};

/// RFC 7518 section 3.2: a key at least as long as the hash.
const HS256_MIN_BYTES: usize = 32;
/// The PEM header that says when a key begins to sign, in seconds since 1970.
const SIGNS_FROM: &str = "Signs-From";

/// A key that signs tokens: its algorithm comes from the configuration, never from a token.
#[derive(Clone)]
pub struct SigningKey(Key);

#[derive(Clone)]
enum Key {
    Ed25519 { pkcs8: Vec<u8>, public: Vec<u8> },
    Hs256 { secret: Vec<u8> },
}

impl SigningKey {
    /// An Ed25519 key from PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`SetupError::SigningKey`] where it is none.
    pub fn ed25519_pem(text: &str) -> Result<Self, SetupError> {
        Self::from_pem(&pem::parse(text).map_err(|_| bad("it is not PEM"))?)
    }

    fn from_pem(pem: &Pem) -> Result<Self, SetupError> {
        let pkcs8 = pem.contents().to_vec();
        let pair =
            Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| bad("it is not an Ed25519 key in PKCS#8"))?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self(Key::Ed25519 { pkcs8, public }))
    }

    /// A secret for another purpose, derived from the key; it does not reveal the key.
    fn derive(&self, purpose: &str) -> [u8; 32] {
        let secret = match &self.0 {
            Key::Ed25519 { pkcs8, .. } => pkcs8,
            Key::Hs256 { secret } => secret,
        };
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let mut derived = [0; 32];
        derived.copy_from_slice(hmac::sign(&key, purpose.as_bytes()).as_ref());
        derived
    }

    /// A secret for HS256, of at least 32 bytes.
    ///
    /// # Errors
    /// [`SetupError::SigningKey`] where it is shorter.
    pub fn hs256(secret: &[u8]) -> Result<Self, SetupError> {
        if secret.len() < HS256_MIN_BYTES {
            return Err(SetupError::SigningKey(format!("HS256 needs at least {HS256_MIN_BYTES} bytes")));
        }
        Ok(Self(Key::Hs256 { secret: secret.to_vec() }))
    }

    /// A new Ed25519 key, as PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`SetupError::SigningKey`] where the system gives no randomness.
    pub fn generate_ed25519_pem() -> Result<String, SetupError> {
        Ok(pem::encode(&generate()?))
    }

    pub(super) fn algorithm(&self) -> Algorithm {
        match self.0 {
            Key::Ed25519 { .. } => Algorithm::EdDSA,
            Key::Hs256 { .. } => Algorithm::HS256,
        }
    }

    /// The key's id, which reveals nothing of the key.
    pub(super) fn id(&self) -> String {
        let digest = match &self.0 {
            Key::Ed25519 { public, .. } => Sha256::digest(public),
            Key::Hs256 { secret } => {
                Sha256::new().chain_update(b"kid:").chain_update(Sha256::digest(secret)).finalize()
            }
        };
        URL_SAFE_NO_PAD.encode(&digest[..12])
    }

    pub(super) fn encoding(&self) -> EncodingKey {
        match &self.0 {
            Key::Ed25519 { pkcs8, .. } => EncodingKey::from_ed_der(pkcs8),
            Key::Hs256 { secret } => EncodingKey::from_secret(secret),
        }
    }

    pub(super) fn decoding(&self) -> DecodingKey {
        match &self.0 {
            Key::Ed25519 { public, .. } => DecodingKey::from_ed_der(public),
            Key::Hs256 { secret } => DecodingKey::from_secret(secret),
        }
    }

    /// The half that anyone may have; a shared secret has none.
    pub(super) fn public(&self) -> Option<&[u8]> {
        match &self.0 {
            Key::Ed25519 { public, .. } => Some(public),
            Key::Hs256 { .. } => None,
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// Keys of one algorithm, each with the time from which it signs. The newest key that has begun signs. A key that has
/// not begun verifies already, so that all replicas accept a token that one of them signed. A retired key verifies for
/// 8 days more what it signed before.
#[derive(Debug, Clone)]
pub struct KeyRing(Vec<Entry>);

#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: SigningKey,
    pub(super) from: OffsetDateTime,
    /// When the next key begins to sign; `None` if there is none.
    pub(super) retired_at: Option<OffsetDateTime>,
}

impl Entry {
    pub(super) fn verifies(&self, now: OffsetDateTime) -> bool {
        self.retired_at.is_none_or(|at| now < at + RETIRED_KEY_VERIFIES)
    }
}

impl From<SigningKey> for KeyRing {
    fn from(key: SigningKey) -> Self {
        Self(vec![Entry { key, from: OffsetDateTime::UNIX_EPOCH, retired_at: None }])
    }
}

impl KeyRing {
    /// The Ed25519 keys of a PEM file, in any order. A key without a header `Signs-From` has always signed.
    ///
    /// # Errors
    /// [`SetupError::SigningKey`] where one of them is none, or two begin at the same time.
    pub fn ed25519_pem(text: &str) -> Result<Self, SetupError> {
        let mut keys = read(text)?.iter().map(entry).collect::<Result<Vec<_>, _>>()?;
        keys.sort_by_key(|key| key.from);
        for at in 1..keys.len() {
            let from = keys[at].from;
            if keys[at - 1].from == from {
                return Err(bad("two of its keys begin at the same time"));
            }
            keys[at - 1].retired_at = Some(from);
        }
        Ok(Self(keys))
    }

    /// The PEM file with one more key, which signs from `lead` after `now`, and without keys that no longer verify
    /// anything. Every replica must read the file before `lead` is over.
    ///
    /// # Errors
    /// [`SetupError::SigningKey`] as above, or where the system gives no randomness.
    pub fn rotate_ed25519_pem(text: &str, now: OffsetDateTime, lead: Duration) -> Result<String, SetupError> {
        let alive: Vec<_> = Self::ed25519_pem(text)?.verifying(now).map(|entry| entry.from).collect();
        let mut file = read(text)?;
        file.retain(|pem| signs_from(pem).is_ok_and(|from| alive.contains(&from)));
        let mut newest = generate()?;
        let from = (now + lead).unix_timestamp().to_string();
        newest.headers_mut().add(SIGNS_FROM, &from).map_err(|_| bad("no header could be written"))?;
        file.push(newest);
        let text = pem::encode_many(&file);
        Self::ed25519_pem(&text).map(|_| text)
    }

    /// The keys that verify at a time, oldest first.
    pub(super) fn verifying(&self, now: OffsetDateTime) -> impl Iterator<Item = &Entry> {
        self.0.iter().filter(move |key| key.verifies(now))
    }

    /// Since when the key that signs now has signed, where the file says so.
    #[must_use]
    pub fn signs_since(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let signing = self.0.iter().rfind(|key| key.from <= now)?;
        Some(signing.from).filter(|from| *from > OffsetDateTime::UNIX_EPOCH)
    }

    /// A secret for another purpose, the same while the oldest key is there.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        self.0.first().map_or([0; 32], |oldest| oldest.key.derive(purpose))
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.0
    }
}

fn bad(why: &str) -> SetupError {
    SetupError::SigningKey(why.to_owned())
}

fn read(text: &str) -> Result<Vec<Pem>, SetupError> {
    let blocks = pem::parse_many(text).map_err(|_| bad("it is not PEM"))?;
    if blocks.is_empty() { Err(bad("it is not PEM")) } else { Ok(blocks) }
}

fn entry(pem: &Pem) -> Result<Entry, SetupError> {
    Ok(Entry { key: SigningKey::from_pem(pem)?, from: signs_from(pem)?, retired_at: None })
}

fn signs_from(pem: &Pem) -> Result<OffsetDateTime, SetupError> {
    let Some(written) = pem.headers().get(SIGNS_FROM) else {
        return Ok(OffsetDateTime::UNIX_EPOCH);
    };
    let seconds = written.parse().ok();
    seconds
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or_else(|| bad("its header Signs-From is no number of seconds"))
}

fn generate() -> Result<Pem, SetupError> {
    let failed = |_| bad("no key could be made");
    let der = Ed25519KeyPair::generate().map_err(failed)?.to_pkcs8().map_err(failed)?;
    Ok(Pem::new("PRIVATE KEY", der.as_ref()))
}

impl KeyRing {
    /// The public keys, as others fetch them to verify our tokens: all that verify now, those to come included. Under
    /// HS256 there is none, for its key is a secret.
    pub(crate) fn jwks(&self, now: OffsetDateTime) -> JwkSet {
        JwkSet { keys: self.verifying(now).filter_map(|entry| jwk(&entry.key)).collect() }
    }
}

/// RFC 8037 section 2.
fn jwk(key: &SigningKey) -> Option<Jwk> {
    let common = CommonParameters {
        public_key_use: Some(PublicKeyUse::Signature),
        key_algorithm: Some(KeyAlgorithm::EdDSA),
        key_id: Some(key.id()),
        ..CommonParameters::default()
    };
    let algorithm = AlgorithmParameters::OctetKeyPair(OctetKeyPairParameters {
        key_type: OctetKeyPairType::OctetKeyPair,
        curve: EllipticCurve::Ed25519,
        x: URL_SAFE_NO_PAD.encode(key.public()?),
    });
    Some(Jwk { common, algorithm })
}

#[cfg(test)]
#[path = "key_tests.rs"]
mod tests;
