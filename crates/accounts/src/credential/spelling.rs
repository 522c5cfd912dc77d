//! An import turns other services' spellings of hashes into those that [`Stored`] reads. A refusal names the scheme.
//!
//! [`Stored`]: super::stored::Stored

use super::unreadable::Unreadable;
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD};
use std::fmt::Display;

/// How refused hashes begin, and what they are. They are quick to guess, or do not say their costs.
const REFUSED: [(&str, &str); 30] = [
    ("$1$", "MD5-crypt"),
    ("$apr1$", "Apache's MD5-crypt"),
    ("$md5", "MD5"),
    ("$5$", "SHA-256-crypt"),
    ("$6$", "SHA-512-crypt"),
    ("$sha1$", "SHA-1-crypt"),
    ("$y$", "yescrypt"),
    ("$gy$", "yescrypt"),
    ("$7$", "crypt(3)'s scrypt"),
    ("$P$", "phpass (MD5)"),
    ("$H$", "phpass (MD5)"),
    ("$S$", "Drupal's SHA-512"),
    ("$2$", "bcrypt before 2a"),
    ("$2x$", "bcrypt 2x, which PHP computed wrongly before 2011"),
    ("md5$", "salted MD5"),
    ("md5:", "salted MD5"),
    ("sha1$", "salted SHA-1"),
    ("sha1:", "salted SHA-1"),
    ("sha256$", "salted SHA-256"),
    ("sha256:", "salted SHA-256"),
    ("sha512$", "salted SHA-512"),
    ("sha512:", "salted SHA-512"),
    ("unsalted_", "a digest without a salt"),
    ("crypt$", "DES-crypt"),
    ("{noop}", "plain text"),
    ("{PLAIN", "plain text"),
    ("{CLEAR", "plain text"),
    ("{pbkdf2", "PBKDF2 that does not say its rounds"),
    ("{S", "salted or bare SHA or MD5"),
    ("{MD", "MD5"),
];

/// The same hash in a spelling that is known here, or unchanged.
pub(super) fn known(text: &str) -> Result<String, Unreadable> {
    let hash = unescaped(text);
    let hash = bare(hash.as_deref().unwrap_or(text));
    if let Some(name) = refused(hash) {
        return Err(Unreadable::Refused(name));
    }
    let respelt = werkzeug(hash)
        .or_else(|| spring_scrypt(hash))
        .or_else(|| asp_net(hash))
        .or_else(|| better_auth(hash));
    Ok(respelt.unwrap_or_else(|| hash.to_owned()))
}

/// Postgres writes the bytes of a `bytea` column as `\x` and digits.
fn unescaped(text: &str) -> Option<String> {
    String::from_utf8(unhex(text.strip_prefix("\\x")?)?).ok()
}

/// Spring and Dovecot name the scheme once more in braces before it.
fn bare(text: &str) -> &str {
    match text.strip_prefix('{').and_then(|text| text.split_once('}')) {
        Some((_, hash)) if hash.starts_with("$2") || hash.starts_with("$argon2") => hash,
        _ => text,
    }
}

fn refused(text: &str) -> Option<&'static str> {
    let named = REFUSED.iter().find(|(prefix, _)| text.starts_with(prefix)).map(|(_, name)| *name);
    let digits = text.strip_prefix('*').unwrap_or(text);
    let digest =
        matches!(digits.len(), 32 | 40 | 64 | 96 | 128) && digits.bytes().all(|b| b.is_ascii_hexdigit());
    named.or(digest.then_some("a bare digest (MD5, SHA-1 or SHA-2)"))
}

/// `scrypt:32768:8:1$salt$hex` and `pbkdf2:sha256:600000$salt$hex`, whose salt is the letters themselves.
fn werkzeug(text: &str) -> Option<String> {
    let parts: Vec<&str> = text.split('$').collect();
    let [method, salt, hash] = parts[..] else { return None };
    let (method, hash): (Vec<&str>, _) = (method.split(':').collect(), unhex(hash)?);
    match method[..] {
        ["scrypt", n, r, p] => Some(scrypt(power_of_two(n)?, r, p, salt.as_bytes(), &hash)),
        ["pbkdf2", digest @ ("sha1" | "sha256" | "sha512"), rounds] => {
            Some(pbkdf2(digest, rounds, salt.as_bytes(), &hash))
        }
        _ => None,
    }
}

/// `{scrypt}$100801$salt$hash`: log2(N), r and p are one number.
fn spring_scrypt(text: &str) -> Option<String> {
    let (_, text) = text.strip_prefix("{scrypt")?.split_once('}')?;
    let parts: Vec<&str> = text.split('$').collect();
    let ["", costs, salt, hash] = parts[..] else { return None };
    let costs = u32::from_str_radix(costs, 16).ok()?;
    let [salt, hash] = [salt, hash].map(|part| STANDARD.decode(part).ok());
    Some(scrypt(costs >> 16, costs >> 8 & 255, costs & 255, &salt?, &hash?))
}

/// ASP.NET Core Identity: 0, salt and output; or 1, the digest, the rounds, the salt's length, salt and output.
fn asp_net(text: &str) -> Option<String> {
    let blob = STANDARD.decode(text).ok()?;
    if let (0, 49) = (*blob.first()?, blob.len()) {
        return Some(pbkdf2("sha1", 1_000, &blob[1..17], &blob[17..]));
    }
    let rest = blob.strip_prefix(&[1])?;
    let number = |at: usize| Some(u32::from_be_bytes(rest.get(at..at + 4)?.try_into().ok()?));
    let digest = *["sha1", "sha256", "sha512"].get(usize::try_from(number(0)?).ok()?)?;
    let (salt, hash) = rest.get(12..)?.split_at_checked(usize::try_from(number(8)?).ok()?)?;
    Some(pbkdf2(digest, number(4)?, salt, hash))
}

/// better-auth and Lucia: a salt of 32 digits, whose letters count, and 64 bytes of scrypt at one cost.
fn better_auth(text: &str) -> Option<String> {
    let (salt, hash) = text.split_once(':').filter(|(salt, hash)| (salt.len(), hash.len()) == (32, 128))?;
    unhex(salt)?;
    Some(scrypt(14, 16, 1, salt.as_bytes(), &unhex(hash)?))
}

fn scrypt(log_n: u32, r: impl Display, p: impl Display, salt: &[u8], hash: &[u8]) -> String {
    let [salt, hash] = [salt, hash].map(|part| STANDARD_NO_PAD.encode(part));
    format!("$scrypt$ln={log_n},r={r},p={p}${salt}${hash}")
}

fn pbkdf2(digest: &str, rounds: impl Display, salt: &[u8], hash: &[u8]) -> String {
    let [salt, hash] = [salt, hash].map(|part| STANDARD_NO_PAD.encode(part));
    format!("$pbkdf2-{digest}${rounds}${salt}${hash}")
}

pub(super) fn power_of_two(text: &str) -> Option<u32> {
    number(text).filter(|n| n.is_power_of_two()).map(u32::ilog2)
}

/// Digits alone: `parse` would take a sign too.
pub(super) fn number(text: &str) -> Option<u32> {
    text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse().ok())?
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    let digits: Option<Vec<u8>> =
        text.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect();
    let pairs = digits?;
    (pairs.len() % 2 == 0).then(|| pairs.chunks(2).map(|pair| pair[0] << 4 | pair[1]).collect())
}
