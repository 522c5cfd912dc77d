//! Stored password hashes, ours and those of other services: the scheme, its cost and the expected output. All of it is
//! checked here, before any memory is taken or any work is done.

use super::foreign::{self, BCRYPT_BASE64, Digest, Prehash};
use super::spelling::{self, number, power_of_two};
use super::unreadable::Unreadable;
use argon2::{Algorithm, Params, Version};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use std::num::NonZeroU32;
use std::ops::RangeInclusive;

/// Ceilings, so that a foreign hash cannot take the machine's memory or time: Argon2's memory in KiB and
/// its passes,
pub(super) const ARGON2: (u32, u32) = (128 * 1024, 10);
/// bcrypt's cost, least and most (each step doubles the work),
const BCRYPT: RangeInclusive<u32> = 4..=14;
/// PBKDF2's rounds, over all blocks of its output,
const PBKDF2_ROUNDS: u64 = 2_000_000;
/// scrypt's log2(N), r and p,
const SCRYPT: (u8, u32, u32) = (17, 32, 16);
/// scrypt's blocks of 128 bytes in memory (N × r, so 128 MiB), and all of them over all lanes.
const SCRYPT_BLOCKS: (u64, u64) = (1 << 20, 1 << 22);
/// Salts in use are 8 to 64 bytes, outputs 16 to 64.
const SALT_MAX: usize = 128;
const OUTPUT: RangeInclusive<usize> = 16..=64;
/// Argon2's may be shorter: they always were.
const ARGON2_OUTPUT: RangeInclusive<usize> = 10..=64;
/// No hash in use is half as long.
const TEXT_MAX: usize = 512;

/// How a password becomes a hash, and what that costs.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Scheme {
    /// Argon2 in the PHC spelling that we write ourselves.
    Argon2(Algorithm, Version, Params),
    /// Argon2 of another service, in Django's spelling, which we never write.
    ForeignArgon2(Algorithm, Version, Params),
    /// bcrypt at this cost, of what is made of the password first.
    Bcrypt(u32, Prehash),
    /// PBKDF2 with the HMAC of a digest, of so many rounds.
    Pbkdf2(Digest, NonZeroU32),
    /// scrypt.
    Scrypt(scrypt::Params),
}

/// A stored hash that was read. No `Debug`: it holds a hash.
#[derive(Clone)]
pub(crate) struct Stored {
    pub(crate) scheme: Scheme,
    pub(crate) salt: Vec<u8>,
    /// What the right password gives.
    pub(crate) expected: Vec<u8>,
}

impl Stored {
    /// Reads a hash in the spelling of PHC, of crypt(3), of Django or of passlib.
    pub(crate) fn parse(text: &str) -> Result<Self, Unreadable> {
        if text.len() > TEXT_MAX || !text.bytes().all(|b| b.is_ascii_graphic()) {
            return Err(Unreadable::Malformed);
        }
        if text.starts_with("$argon2") {
            return argon2(text, Scheme::Argon2);
        }
        if let Some(phc) = text.strip_prefix("argon2").filter(|phc| phc.starts_with("$argon2")) {
            return argon2(phc, Scheme::ForeignArgon2);
        }
        let parts: Vec<&str> = text.split('$').collect();
        match parts[..] {
            // Django writes `bcrypt$` before the whole of crypt(3)'s spelling.
            ["", "2a" | "2b" | "2y", cost, rest] | ["bcrypt", "", "2a" | "2b" | "2y", cost, rest] => {
                bcrypt(cost, rest, Prehash::Nothing)
            }
            ["bcrypt_sha256", "", "2a" | "2b" | "2y", cost, rest] => bcrypt(cost, rest, Prehash::Sha256Hex),
            ["", "wp", "2y", cost, rest] => bcrypt(cost, rest, Prehash::HmacSha384),
            ["", "bcrypt-sha256", costs, salt, hash] => passlib_bcrypt(costs, salt, hash),
            ["pbkdf2_sha1", rounds, salt, hash] => django_pbkdf2(Digest::Sha1, rounds, salt, hash),
            ["pbkdf2_sha256", rounds, salt, hash] => django_pbkdf2(Digest::Sha256, rounds, salt, hash),
            ["", "pbkdf2" | "pbkdf2-sha1", rounds, salt, hash] => pbkdf2(Digest::Sha1, rounds, salt, hash),
            ["", "pbkdf2-sha256", rounds, salt, hash] => pbkdf2(Digest::Sha256, rounds, salt, hash),
            ["", "pbkdf2-sha512", rounds, salt, hash] => pbkdf2(Digest::Sha512, rounds, salt, hash),
            ["", "scrypt", costs, salt, hash] => {
                let [log_n, r, p] = phc_costs(costs, ["ln=", "r=", "p="]).ok_or(Unreadable::Malformed)?;
                let salt = STANDARD_NO_PAD.decode(salt).map_err(|_| Unreadable::Malformed)?;
                scrypt((log_n, r, p), salt, STANDARD_NO_PAD.decode(hash).ok())
            }
            ["scrypt", n, salt, r, p, hash] => {
                let costs = (power_of_two(n), number(r), number(p));
                let (Some(log_n), Some(r), Some(p)) = costs else { return Err(Unreadable::Malformed) };
                scrypt((log_n, r, p), salt.as_bytes().to_vec(), STANDARD.decode(hash).ok())
            }
            _ => Err(Unreadable::Unknown),
        }
    }

    /// How an imported hash is stored. The other service hashed what was typed, letter by letter; we
    /// hash its NFC. With Argon2 the spelling must tell the two apart.
    pub(crate) fn spelling(text: &str) -> Result<String, Unreadable> {
        // One of a `bytea` column has two digits for a byte.
        if text.len() > 2 * TEXT_MAX {
            return Err(Unreadable::Malformed);
        }
        let text = spelling::known(text)?;
        let foreign = Self::parse(&text)?;
        Ok(if matches!(foreign.scheme, Scheme::Argon2(..)) { format!("argon2{text}") } else { text })
    }

    /// Whether it costs the same to check a password against either. Lanes are computed one after the other; of the output's
    /// length PBKDF2 alone starts anew for each block.
    pub(crate) fn costs_as(&self, other: &Self) -> bool {
        use Scheme::{Argon2, ForeignArgon2, Pbkdf2};
        let blocks = |stored: &Self, digest: &Digest| stored.expected.len().div_ceil(digest.output());
        match (&self.scheme, &other.scheme) {
            (
                Argon2(algorithm, version, own) | ForeignArgon2(algorithm, version, own),
                Argon2(algorithm_2, version_2, costs) | ForeignArgon2(algorithm_2, version_2, costs),
            ) => {
                (algorithm, version, own.m_cost(), own.t_cost())
                    == (algorithm_2, version_2, costs.m_cost(), costs.t_cost())
            }
            (Pbkdf2(own, rounds), Pbkdf2(digest, rounds_2)) => {
                (own, rounds, blocks(self, own)) == (digest, rounds_2, blocks(other, digest))
            }
            (own, other) => own == other,
        }
    }

    /// A hash that no password has, with the same scheme, cost and lengths: it can be computed wherever this one can.
    pub(crate) fn dummy(&self) -> Self {
        let [salt, expected] = [&self.salt, &self.expected].map(|part| vec![0; part.len()]);
        Self { scheme: self.scheme.clone(), salt, expected }
    }
}

impl Scheme {
    /// Whether the password goes in as NFC, as ours does, or as it was typed.
    pub(crate) fn is_ours(&self) -> bool {
        matches!(self, Self::Argon2(..))
    }

    /// What replaces this hash at a successful sign-in: Argon2id at today's cost, or at the old memory × passes if that
    /// is more. `None` if the hash stays.
    pub(crate) fn successor(&self, today: &Params) -> Option<Params> {
        match self {
            Self::Argon2(Algorithm::Argon2id, _, old) => (cost(old) < cost(today)).then(|| today.clone()),
            Self::Argon2(_, _, old) | Self::ForeignArgon2(_, _, old) if cost(old) > cost(today) => {
                Params::new(old.m_cost(), old.t_cost(), old.p_cost(), today.output_len()).ok()
            }
            // Lanes are computed one after the other: each is a pass over the memory.
            Self::Scrypt(old) => Some(at_least(today, old.n() * u64::from(old.r()) / 8 * u64::from(old.p()))),
            // bcrypt and PBKDF2 take no memory worth counting.
            _ => Some(today.clone()),
        }
    }

    /// The scheme's output of a password under a salt; Argon2 is the hasher's own.
    pub(crate) fn derive(&self, password: &[u8], salt: &[u8], length: usize) -> Option<Vec<u8>> {
        match self {
            Self::Argon2(..) | Self::ForeignArgon2(..) => None,
            Self::Bcrypt(cost, prehash) => foreign::bcrypt(*cost, *prehash, password, salt),
            Self::Pbkdf2(digest, rounds) => Some(foreign::pbkdf2(*digest, *rounds, password, salt, length)),
            Self::Scrypt(params) => foreign::scrypt(params, password, salt, length),
        }
    }
}

fn cost(params: &Params) -> u64 {
    u64::from(params.m_cost()) * u64::from(params.t_cost())
}

/// Today's parameters with memory enough, then passes enough, for so many KiB × passes.
fn at_least(today: &Params, wanted: u64) -> Params {
    let memory = wanted.div_ceil(u64::from(today.t_cost())).clamp(today.m_cost().into(), ARGON2.0.into());
    let passes = wanted.div_ceil(memory).clamp(today.t_cost().into(), ARGON2.1.into());
    let [memory, passes] = [memory, passes].map(|cost| u32::try_from(cost).unwrap_or(u32::MAX));
    Params::new(memory, passes, today.p_cost(), today.output_len()).unwrap_or_else(|_| today.clone())
}

fn argon2(phc: &str, scheme: fn(Algorithm, Version, Params) -> Scheme) -> Result<Stored, Unreadable> {
    let parts: Vec<&str> = phc.split('$').collect();
    let (algorithm, version, costs, salt, hash) = match parts[..] {
        ["", algorithm, version, costs, salt, hash] => (algorithm, version, costs, salt, hash),
        // Before 1.3 the version was not written.
        ["", algorithm, costs, salt, hash] => (algorithm, "v=16", costs, salt, hash),
        _ => return Err(Unreadable::Malformed),
    };
    let read = || {
        let algorithm = Algorithm::try_from(algorithm).ok()?;
        let version = Version::try_from(version.strip_prefix("v=").and_then(number)?).ok()?;
        let parts = [salt, hash].map(|part| STANDARD_NO_PAD.decode(part).ok());
        let [Some(salt), Some(expected)] = parts else { return None };
        let fits = (argon2::MIN_SALT_LEN..=SALT_MAX).contains(&salt.len())
            && ARGON2_OUTPUT.contains(&expected.len());
        fits.then_some((algorithm, version, phc_costs(costs, ["m=", "t=", "p="])?, salt, expected))
    };
    let (algorithm, version, [memory, passes, lanes], salt, expected) =
        read().ok_or(Unreadable::Malformed)?;
    if memory > ARGON2.0 || passes > ARGON2.1 {
        return Err(Unreadable::AboveCeiling("128 MiB and 10 passes"));
    }
    let params =
        Params::new(memory, passes, lanes, Some(expected.len())).map_err(|_| Unreadable::Malformed)?;
    Ok(Stored { scheme: scheme(algorithm, version, params), salt, expected })
}

fn bcrypt(cost: &str, rest: &str, prehash: Prehash) -> Result<Stored, Unreadable> {
    let cost = number(cost).filter(|cost| cost >= BCRYPT.start()).ok_or(Unreadable::Malformed)?;
    if !BCRYPT.contains(&cost) {
        return Err(Unreadable::AboveCeiling("cost 14"));
    }
    let decode = |text: Option<&str>| BCRYPT_BASE64.decode(text?).ok();
    // 22 letters of salt, 31 of output.
    let (salt, expected) = (decode(rest.get(..22)), decode(rest.get(22..).filter(|rest| rest.len() == 31)));
    match (salt, expected) {
        (Some(salt), Some(expected)) => Ok(Stored { scheme: Scheme::Bcrypt(cost, prehash), salt, expected }),
        _ => Err(Unreadable::Malformed),
    }
}

/// `2b,12` of passlib 1.7.2 and before, `v=2,t=2b,r=12` since.
fn passlib_bcrypt(costs: &str, salt: &str, hash: &str) -> Result<Stored, Unreadable> {
    let costs: Vec<&str> = costs.split(',').collect();
    let (cost, prehash) = match costs[..] {
        ["2a" | "2b" | "2y", cost] => (cost, Prehash::Sha256),
        ["v=2", "t=2a" | "t=2b" | "t=2y", cost] => {
            (cost.strip_prefix("r=").ok_or(Unreadable::Malformed)?, Prehash::HmacSha256)
        }
        _ => return Err(Unreadable::Malformed),
    };
    let stored = bcrypt(cost, &format!("{salt}{hash}"), prehash)?;
    // The salt's letters are a key themselves, so there must be one way to write it.
    if BCRYPT_BASE64.encode(&stored.salt) == salt { Ok(stored) } else { Err(Unreadable::Malformed) }
}

fn django_pbkdf2(digest: Digest, rounds: &str, salt: &str, hash: &str) -> Result<Stored, Unreadable> {
    pbkdf2_of(digest, number(rounds), salt.as_bytes().to_vec(), STANDARD.decode(hash).ok())
}

/// `29000` as passlib writes it, or `i=29000,l=32` as PHC does.
fn pbkdf2(digest: Digest, costs: &str, salt: &str, hash: &str) -> Result<Stored, Unreadable> {
    let (salt, expected) = (passlib(salt).ok_or(Unreadable::Malformed)?, passlib(hash));
    let rounds = match costs.strip_prefix("i=").map(|costs| costs.split_once(",l=")) {
        None => number(costs),
        Some(Some((rounds, length))) => number(rounds)
            .filter(|_| expected.as_ref().map(|hash| hash.len().to_string()).as_deref() == Some(length)),
        Some(None) => costs.strip_prefix("i=").and_then(number),
    };
    pbkdf2_of(digest, rounds, salt, expected)
}

fn pbkdf2_of(
    digest: Digest,
    rounds: Option<u32>,
    salt: Vec<u8>,
    expected: Option<Vec<u8>>,
) -> Result<Stored, Unreadable> {
    let rounds = rounds.and_then(NonZeroU32::new).ok_or(Unreadable::Malformed)?;
    let expected =
        expected.filter(|expected| OUTPUT.contains(&expected.len())).ok_or(Unreadable::Malformed)?;
    if u64::from(rounds.get()) * expected.len().div_ceil(digest.output()) as u64 > PBKDF2_ROUNDS {
        return Err(Unreadable::AboveCeiling("2,000,000 rounds"));
    }
    whole(Scheme::Pbkdf2(digest, rounds), salt, Some(expected))
}

fn scrypt(
    (log_n, r, p): (u32, u32, u32),
    salt: Vec<u8>,
    expected: Option<Vec<u8>>,
) -> Result<Stored, Unreadable> {
    let above = Unreadable::AboveCeiling("N 2^17, r 32, p 16, 128 MiB, 2^22 blocks in all");
    let log_n = u8::try_from(log_n).ok().filter(|log_n| *log_n <= SCRYPT.0).ok_or(above)?;
    let blocks = (1 << log_n) * u64::from(r);
    if r > SCRYPT.1 || p > SCRYPT.2 || blocks > SCRYPT_BLOCKS.0 || blocks * u64::from(p) > SCRYPT_BLOCKS.1 {
        return Err(above);
    }
    if log_n == 0 {
        return Err(Unreadable::Malformed);
    }
    let params = scrypt::Params::new(log_n, r, p).map_err(|_| Unreadable::Malformed)?;
    whole(Scheme::Scrypt(params), salt, expected.filter(|expected| OUTPUT.contains(&expected.len())))
}

fn whole(scheme: Scheme, salt: Vec<u8>, expected: Option<Vec<u8>>) -> Result<Stored, Unreadable> {
    match expected {
        Some(expected) if (1..=SALT_MAX).contains(&salt.len()) => Ok(Stored { scheme, salt, expected }),
        _ => Err(Unreadable::Malformed),
    }
}

/// `ln=16,r=8,p=1`, `m=65536,t=3,p=4`.
fn phc_costs(text: &str, names: [&str; 3]) -> Option<[u32; 3]> {
    let mut costs = text.split(',');
    let mut next = |name| costs.next()?.strip_prefix(name).and_then(number);
    let read = [next(names[0])?, next(names[1])?, next(names[2])?];
    costs.next().is_none().then_some(read)
}

/// passlib writes PBKDF2's parts with a dot for the plus sign.
fn passlib(text: &str) -> Option<Vec<u8>> {
    STANDARD_NO_PAD.decode(text.replace('.', "+")).ok()
}

#[cfg(test)]
#[path = "stored_tests.rs"]
mod tests;
