//! The schemes that other services hashed with. They verify what was imported; nothing new is ever
//! hashed with them.

use aws_lc_rs::pbkdf2::{self, PBKDF2_HMAC_SHA256};
use std::num::NonZeroU32;
use zeroize::Zeroizing;

/// bcrypt reads no more of a password than this. Those services cut it there without a word, so we must
/// too; a NUL would need the same care, but no form of ours takes one.
const BCRYPT_BYTES: usize = 72;
/// The last of bcrypt's 24 bytes was never written by anybody.
pub(super) const BCRYPT_OUTPUT: usize = 23;
/// SHA-256's length, which Django and passlib ask for.
pub(super) const PBKDF2_OUTPUT: usize = 32;

pub(super) fn bcrypt(cost: u32, password: &[u8], salt: &[u8]) -> Option<Vec<u8>> {
    let mut key = Zeroizing::new(password.to_vec());
    // C's end of a string is part of the key where there is room for it.
    key.push(0);
    key.truncate(BCRYPT_BYTES);
    let mut output = bcrypt::bcrypt(cost, salt.try_into().ok()?, &key).to_vec();
    output.truncate(BCRYPT_OUTPUT);
    Some(output)
}

pub(super) fn pbkdf2(rounds: NonZeroU32, password: &[u8], salt: &[u8]) -> Vec<u8> {
    let mut output = vec![0; PBKDF2_OUTPUT];
    pbkdf2::derive(PBKDF2_HMAC_SHA256, rounds, salt, password, &mut output);
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
