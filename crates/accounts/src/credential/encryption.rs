use crate::rng::{Rng, bytes};
use crate::{Error, SetupError};
use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use aws_lc_rs::{hkdf, hmac, rand};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use pem::Pem;
use std::fmt;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;
use zeroize::Zeroizing;

const KEY_BYTES: usize = 32;
/// Enough that no two keys have one id; it becomes 16 letters.
const ID_BYTES: usize = 12;
const TAG: &str = "ENCRYPTION KEY";
/// The PEM header that says when a key begins to encrypt, in seconds since 1970.
const ENCRYPTS_FROM: &str = "Encrypts-From";
/// How long a key stays after the next one began to encrypt: another server's clock may be behind, and a transaction
/// that began before may commit after.
const RETIRED_KEY_STAYS: Duration = Duration::hours(1);

/// What a key is used for. Each use has a key of its own, derived with HKDF (RFC 5869), so none opens another's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Label {
    /// What a row of the outbox keeps secret.
    Outbox,
    /// The secret of a one-time token's link.
    OneTimeToken,
    /// The code beside the link.
    OneTimeCode,
    /// What a one-time token's row keeps secret.
    TokenDetail,
    /// The secret of an authenticator app.
    Totp,
    /// A link of the chain over the audit trail.
    AuditLink,
    /// What pruning leaves of that chain.
    AuditCheckpoint,
    /// What a browser keeps for the page that shows it once.
    ShownOnce,
}

impl Label {
    /// Never changed: rows are sealed under it.
    fn info(self) -> &'static [u8] {
        match self {
            Self::Outbox => b"outbox",
            Self::OneTimeToken => b"one-time token",
            Self::OneTimeCode => b"one-time code",
            Self::TokenDetail => b"token detail",
            Self::Totp => b"totp",
            Self::AuditLink => b"audit link",
            Self::AuditCheckpoint => b"audit checkpoint",
            Self::ShownOnce => b"shown once",
        }
    }

    /// What a sealed value belongs to: in another row or use it does not open.
    fn place(self, row: Uuid) -> Aad<Vec<u8>> {
        Aad::from([self.info(), row.as_bytes()].concat())
    }
}

/// A value as the database keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sealed {
    /// Which key opens it.
    pub(crate) key_id: String,
    /// The nonce, then what AES-256-GCM made of the value.
    pub(crate) bytes: Vec<u8>,
}

/// The keys of secrets at rest, by the time from which each encrypts; the newest one that has begun encrypts. All of
/// them decrypt, a key that has not begun too, so that all replicas read what one of them wrote.
#[derive(Clone)]
pub struct EncryptionKeys(Vec<Key>);

#[derive(Clone)]
struct Key {
    secret: Zeroizing<Vec<u8>>,
    id: String,
    from: OffsetDateTime,
}

impl EncryptionKeys {
    /// The keys of a PEM file. One without a header `Encrypts-From` has always encrypted; of two that begin at the same
    /// time, the later in the file encrypts.
    ///
    /// # Errors
    /// [`SetupError::EncryptionKey`] where one of them is none or stands there twice.
    pub fn from_pem(text: &str) -> Result<Self, SetupError> {
        let mut keys = read(text)?.into_iter().map(Key::from_pem).collect::<Result<Vec<_>, _>>()?;
        keys.sort_by_key(|key| key.from);
        let twice =
            keys.iter().enumerate().any(|(at, key)| keys[..at].iter().any(|other| other.id == key.id));
        if twice { Err(bad("one key stands in it twice")) } else { Ok(Self(keys)) }
    }

    /// One key, made of a secret of ours.
    pub(crate) fn from_secret(secret: [u8; KEY_BYTES]) -> Result<Self, Error> {
        let secret = Zeroizing::new(secret.to_vec());
        let mut key = Key { secret, id: String::new(), from: OffsetDateTime::UNIX_EPOCH };
        key.id = key.own_id()?;
        Ok(Self(vec![key]))
    }

    /// A PEM file with one new key.
    ///
    /// # Errors
    /// [`SetupError::EncryptionKey`] where the system gives no randomness.
    pub fn generate_pem() -> Result<String, SetupError> {
        Ok(pem::encode(&generate()?))
    }

    /// The PEM file with one more key at its end, which encrypts from `lead` after `now`. Every replica must read the
    /// file before `lead` is over.
    ///
    /// # Errors
    /// [`SetupError::EncryptionKey`] where the file cannot be used or the system gives no randomness.
    pub fn rotate_pem(text: &str, now: OffsetDateTime, lead: Duration) -> Result<String, SetupError> {
        let mut file = read(text)?;
        let mut newest = generate()?;
        let from = (now + lead).unix_timestamp().to_string();
        newest.headers_mut().add(ENCRYPTS_FROM, &from).map_err(|_| bad("no header could be written"))?;
        file.push(newest);
        let text = pem::encode_many(&file);
        Self::from_pem(&text).map(|_| text)
    }

    /// The PEM file without those of `unused` that no server encrypts with any more: never the key that encrypts, one
    /// that has yet to begin, or one that was followed within the last hour.
    ///
    /// # Errors
    /// [`SetupError::EncryptionKey`] where the file cannot be used.
    pub fn without(text: &str, unused: &[String], now: OffsetDateTime) -> Result<String, SetupError> {
        let retired = Self::from_pem(text)?.retired(now);
        let mut kept = Vec::new();
        for pem in read(text)? {
            let id = Key::from_pem(pem.clone())?.id;
            if !(unused.contains(&id) && retired.contains(&id)) {
                kept.push(pem);
            }
        }
        Ok(pem::encode_many(&kept))
    }

    /// The keys' ids, which reveal nothing of them; the one that encrypts last stands last.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|key| key.id.as_str())
    }

    /// When the last key begins to encrypt, if it has not begun.
    #[must_use]
    pub fn next_begins(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        self.0.last().map(|key| key.from).filter(|from| *from > now)
    }

    /// The ids of keys that no server encrypts with any more.
    fn retired(&self, now: OffsetDateTime) -> Vec<String> {
        let pairs = self.0.iter().zip(self.0.iter().skip(1));
        pairs
            .filter(|(_, next)| next.from + RETIRED_KEY_STAYS <= now)
            .map(|(key, _)| key.id.clone())
            .collect()
    }

    /// The id of the key that encrypts.
    pub(crate) fn newest(&self, now: OffsetDateTime) -> &str {
        self.encrypting(now).map_or("", |key| &key.id)
    }

    /// Encrypts a value for one row.
    pub(crate) fn seal(
        &self,
        label: Label,
        row: Uuid,
        plain: &[u8],
        now: OffsetDateTime,
        rng: &dyn Rng,
    ) -> Result<Sealed, Error> {
        let key = self.encrypting(now).ok_or_else(|| Error::internal("there is no encryption key"))?;
        let nonce: [u8; NONCE_LEN] = bytes(rng);
        let mut secret = Zeroizing::new(plain.to_vec());
        let tag = key
            .aead(label)?
            .seal_in_place_separate_tag(Nonce::from(&nonce), label.place(row), &mut secret)
            .map_err(|_| Error::internal("a value could not be sealed"))?;
        Ok(Sealed { key_id: key.id.clone(), bytes: [&nonce, secret.as_slice(), tag.as_ref()].concat() })
    }

    /// Decrypts what [`Self::seal`] made for this row, and nothing else.
    pub(crate) fn open(&self, label: Label, row: Uuid, sealed: &Sealed) -> Result<Zeroizing<Vec<u8>>, Error> {
        let refused = || Error::internal("a sealed value is not what was written to its row");
        let key = self.named(&sealed.key_id)?;
        let (nonce, rest) = sealed.bytes.split_first_chunk::<NONCE_LEN>().ok_or_else(refused)?;
        let mut value = Zeroizing::new(rest.to_vec());
        let length = key
            .aead(label)?
            .open_in_place(Nonce::from(nonce), label.place(row), &mut value)
            .map_err(|_| refused())?
            .len();
        value.truncate(length);
        Ok(value)
    }

    /// A secret that follows from a key, a row and `data`; from the result nobody gets back to the key.
    pub(crate) fn mac(&self, label: Label, key_id: &str, row: Uuid, data: &[u8]) -> Result<[u8; 32], Error> {
        let key = hmac::Key::new(hmac::HMAC_SHA256, &*self.named(key_id)?.derive(label.info())?);
        let mut context = hmac::Context::with_key(&key);
        context.update(row.as_bytes());
        context.update(data);
        let mut mac = [0; 32];
        mac.copy_from_slice(context.sign().as_ref());
        Ok(mac)
    }

    /// Since when the key that encrypts now has encrypted, where the file says so.
    #[must_use]
    pub fn encrypts_since(&self, now: OffsetDateTime) -> Option<OffsetDateTime> {
        let from = self.encrypting(now)?.from;
        Some(from).filter(|from| (OffsetDateTime::UNIX_EPOCH + Duration::SECOND..=now).contains(from))
    }

    fn encrypting(&self, now: OffsetDateTime) -> Option<&Key> {
        // A clock set back before the first key began leaves that one.
        self.0.iter().rfind(|key| key.from <= now).or(self.0.first())
    }

    fn named(&self, id: &str) -> Result<&Key, Error> {
        self.0
            .iter()
            .find(|key| key.id == id)
            .ok_or_else(|| Error::internal(format!("there is no encryption key {id}")))
    }
}

impl fmt::Debug for EncryptionKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EncryptionKeys(…)")
    }
}

impl Key {
    fn from_pem(pem: Pem) -> Result<Self, SetupError> {
        if pem.tag() != TAG {
            return Err(bad("it has a block that is no ENCRYPTION KEY"));
        }
        let from = encrypts_from(&pem)?;
        let secret = Zeroizing::new(pem.into_contents());
        if secret.len() != KEY_BYTES {
            return Err(bad("one of its keys is not 32 bytes long"));
        }
        let mut key = Self { secret, id: String::new(), from };
        key.id = key.own_id().map_err(|_| bad("no key could be derived"))?;
        Ok(key)
    }

    fn own_id(&self) -> Result<String, Error> {
        Ok(URL_SAFE_NO_PAD.encode(&self.derive(b"id")?[..ID_BYTES]))
    }

    fn derive(&self, info: &[u8]) -> Result<Zeroizing<[u8; KEY_BYTES]>, Error> {
        let mut derived = Zeroizing::new([0; KEY_BYTES]);
        hkdf::Salt::none(hkdf::HKDF_SHA256)
            .extract(&self.secret)
            .expand(&[info], hkdf::HKDF_SHA256)
            .and_then(|okm| okm.fill(derived.as_mut()))
            .map_err(|_| Error::internal("no key could be derived"))?;
        Ok(derived)
    }

    fn aead(&self, label: Label) -> Result<LessSafeKey, Error> {
        UnboundKey::new(&AES_256_GCM, &*self.derive(label.info())?)
            .map(LessSafeKey::new)
            .map_err(|_| Error::internal("no key could be derived"))
    }
}

fn bad(why: &str) -> SetupError {
    SetupError::EncryptionKey(why.to_owned())
}

fn read(text: &str) -> Result<Vec<Pem>, SetupError> {
    let blocks = pem::parse_many(text).map_err(|_| bad("it is not PEM"))?;
    if blocks.is_empty() { Err(bad("it is not PEM")) } else { Ok(blocks) }
}

fn encrypts_from(pem: &Pem) -> Result<OffsetDateTime, SetupError> {
    let Some(written) = pem.headers().get(ENCRYPTS_FROM) else {
        return Ok(OffsetDateTime::UNIX_EPOCH);
    };
    let seconds = written.parse().ok();
    seconds
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok())
        .ok_or_else(|| bad("its header Encrypts-From is no number of seconds"))
}

fn generate() -> Result<Pem, SetupError> {
    let mut secret = Zeroizing::new([0; KEY_BYTES]);
    rand::fill(secret.as_mut()).map_err(|_| bad("no key could be made"))?;
    Ok(Pem::new(TAG, secret.as_ref()))
}

#[cfg(test)]
#[path = "encryption_tests.rs"]
mod tests;
