//! The schemes that other services hashed with. They verify what was imported; nothing new is ever
//! hashed with them.

use aws_lc_rs::digest;
use aws_lc_rs::hmac::{HMAC_SHA256, HMAC_SHA384, Key, sign};
use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA1, PBKDF2_HMAC_SHA256, PBKDF2_HMAC_SHA512};
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD, STANDARD};
use base64::{Engine, alphabet};
use std::num::NonZeroU32;
use zeroize::Zeroizing;

/// bcrypt reads no more of a password than this. Those services cut it there silently, so we must too; a NUL would need
/// the same care, but our forms accept none.
const BCRYPT_BYTES: usize = 72;
/// No implementation writes the last of bcrypt's 24 bytes.
const BCRYPT_OUTPUT: usize = 23;

/// bcrypt's own alphabet; some services left the spare bits of the last letter set.
pub(super) const BCRYPT_BASE64: GeneralPurpose =
    GeneralPurpose::new(&alphabet::BCRYPT, NO_PAD.with_decode_allow_trailing_bits(true));

/// The input of bcrypt: the password, or a digest of it that is not cut at 72 bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Prehash {
    /// The password as it was typed.
    Nothing,
    /// Django's `bcrypt_sha256`.
    Sha256Hex,
    /// passlib's `bcrypt_sha256` up to 1.7.2.
    Sha256,
    /// The same since then: the salt's letters are the key.
    HmacSha256,
    /// What WP has since 6.8.
    HmacSha384,
}

impl Prehash {
    fn of(self, password: &[u8], salt: &[u8]) -> Zeroizing<Vec<u8>> {
        let sha256 = || digest::digest(&digest::SHA256, password);
        let hmac = |algorithm, key: &[u8]| sign(&Key::new(algorithm, key), password);
        Zeroizing::new(match self {
            Self::Nothing => password.to_vec(),
            Self::Sha256Hex => hex(sha256().as_ref()),
            Self::Sha256 => STANDARD.encode(sha256()).into_bytes(),
            Self::HmacSha256 => {
                STANDARD.encode(hmac(HMAC_SHA256, BCRYPT_BASE64.encode(salt).as_bytes())).into_bytes()
            }
            Self::HmacSha384 => STANDARD.encode(hmac(HMAC_SHA384, b"wp-sha384")).into_bytes(),
        })
    }
}

fn hex(bytes: &[u8]) -> Vec<u8> {
    let digit = |half: u8| b"0123456789abcdef"[usize::from(half & 15)];
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(*byte)]).collect()
}

/// The digest within PBKDF2's HMAC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Digest {
    Sha1,
    Sha256,
    Sha512,
}

impl Digest {
    /// How many bytes of output each pass over the rounds gives.
    pub(super) fn output(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }
}

pub(super) fn bcrypt(cost: u32, prehash: Prehash, password: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
    let mut key = prehash.of(password, salt);
    // C's end of a string is part of the key where there is room for it.
    key.push(0);
    key.truncate(BCRYPT_BYTES);
    let mut output = bcrypt::bcrypt(cost, salt.try_into().ok()?, &key).to_vec();
    output.truncate(BCRYPT_OUTPUT);
    Some(output)
}

pub(super) fn pbkdf2(
    digest: Digest,
    rounds: NonZeroU32,
    password: &[u8],
    salt: &[u8],
    length: usize,
) -> Vec<u8> {
    let algorithm = match digest {
        Digest::Sha1 => PBKDF2_HMAC_SHA1,
        Digest::Sha256 => PBKDF2_HMAC_SHA256,
        Digest::Sha512 => PBKDF2_HMAC_SHA512,
    };
    let mut output = vec![0; length];
    pbkdf2::derive(algorithm, rounds, salt, password, &mut output);
    output
}

pub(super) fn scrypt(
    params: &scrypt::Params,
    password: &[u8],
    salt: &[u8],
    length: usize,
) -> Option<Vec<u8>> {
    let mut output = vec![0; length];
    scrypt::scrypt(password, salt, params, &mut output).ok()?;
    Some(output)
}
