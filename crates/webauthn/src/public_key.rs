//! The key of a passkey: from COSE, as authenticators write it, to DER, as it is stored and used.

use crate::{Refusal, cbor};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm,
};
use minicbor::Decoder;
use minicbor::data::Type;

/// The coordinates of a point, and an Ed25519 key.
const COORDINATE: usize = 32;
/// A modulus of 2048 to 4096 bits.
const MODULUS: std::ops::RangeInclusive<usize> = 256..=512;
/// 65537, as every authenticator has it.
const EXPONENT: [u8; 3] = [1, 0, 1];
/// `SubjectPublicKeyInfo` of an uncompressed point on P-256 (RFC 5480), up to its coordinates.
const P256: [u8; 27] = [
    0x30, 0x59, 0x30, 0x13, 6, 7, 0x2a, 0x86, 0x48, 0xce, 0x3d, 2, 1, 6, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 3,
    1, 7, 3, 0x42, 0, 4,
];
/// The same of an Ed25519 key (RFC 8410), up to the key.
const ED25519_KEY: [u8; 12] = [0x30, 0x2a, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 3, 0x21, 0];
/// The algorithm of an RSA key (RFC 8017, A.1).
const RSA: [u8; 15] = [0x30, 0x0d, 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 1, 5, 0];

/// What a passkey signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256 with SHA-256.
    Es256,
    /// RSASSA-PKCS1-v1_5 with SHA-256.
    Rs256,
}

impl Algorithm {
    /// All that are offered, the best one first.
    pub const ALL: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    /// Its number in IANA's registry of COSE.
    #[must_use]
    pub fn cose(self) -> i64 {
        match self {
            Self::EdDsa => -8,
            Self::Es256 => -7,
            Self::Rs256 => -257,
        }
    }

    /// The one of that number.
    #[must_use]
    pub fn from_cose(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|algorithm| algorithm.cose() == number)
    }

    fn verification(self) -> &'static dyn VerificationAlgorithm {
        match self {
            Self::EdDsa => &ED25519,
            Self::Es256 => &ECDSA_P256_SHA256_ASN1,
            Self::Rs256 => &RSA_PKCS1_2048_8192_SHA256,
        }
    }
}

/// A public key that its algorithm can use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    der: Vec<u8>,
}

impl PublicKey {
    /// A key as [`Self::as_der`] wrote it.
    ///
    /// # Errors
    /// [`Refusal::PublicKey`] if the algorithm cannot use it.
    pub fn from_der(algorithm: Algorithm, der: Vec<u8>) -> Result<Self, Refusal> {
        // A point that is not on the curve, and a modulus that is too small, end here.
        ParsedPublicKey::new(algorithm.verification(), &der).map_err(|_| Refusal::PublicKey)?;
        Ok(Self { algorithm, der })
    }

    /// What it verifies.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// The key as `SubjectPublicKeyInfo` in DER.
    #[must_use]
    pub fn as_der(&self) -> &[u8] {
        &self.der
    }

    pub(crate) fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), Refusal> {
        ParsedPublicKey::new(self.algorithm.verification(), &self.der)
            .map_err(|_| Refusal::PublicKey)?
            .verify_sig(message, signature)
            .map_err(|_| Refusal::Signature)
    }

    /// Reads a `COSE_Key` (RFC 9053, RFC 8230) with the members that WebAuthn lets it have, and no others.
    pub(crate) fn from_cose(decoder: &mut Decoder<'_>) -> Result<Self, Refusal> {
        let Members([Some(Member::Number(kind)), Some(Member::Number(number)), rest @ ..]) =
            Members::read(decoder).ok_or(Refusal::PublicKey)?
        else {
            return Err(Refusal::PublicKey);
        };
        let algorithm = Algorithm::from_cose(number).ok_or(Refusal::Algorithm)?;
        let der = match (algorithm, kind, rest) {
            (Algorithm::EdDsa, 1, [Some(Member::Number(6)), Some(Member::Bytes(key)), None]) => ed25519(key),
            (
                Algorithm::Es256,
                2,
                [Some(Member::Number(1)), Some(Member::Bytes(x)), Some(Member::Bytes(y))],
            ) => p256(x, y),
            (Algorithm::Rs256, 3, [Some(Member::Bytes(modulus)), Some(Member::Bytes(exponent)), None]) => {
                rsa(modulus, exponent)
            }
            _ => None,
        };
        Self::from_der(algorithm, der.ok_or(Refusal::PublicKey)?)
    }
}

#[derive(Clone, Copy)]
enum Member<'a> {
    Number(i64),
    Bytes(&'a [u8]),
}

/// Key type, algorithm, and the three members that belong to the key's type.
struct Members<'a>([Option<Member<'a>>; 5]);

impl<'a> Members<'a> {
    fn read(decoder: &mut Decoder<'a>) -> Option<Self> {
        let mut members = [None; 5];
        for _ in 0..cbor::map(decoder)? {
            let place = match decoder.i64().ok()? {
                1 => 0,
                3 => 1,
                -1 => 2,
                -2 => 3,
                -3 => 4,
                _ => return None,
            };
            let member = match decoder.datatype().ok()? {
                Type::Bytes => Member::Bytes(decoder.bytes().ok()?),
                _ => Member::Number(decoder.i64().ok()?),
            };
            if members[place].replace(member).is_some() {
                return None;
            }
        }
        Some(Self(members))
    }
}

fn ed25519(key: &[u8]) -> Option<Vec<u8>> {
    (key.len() == COORDINATE).then(|| [&ED25519_KEY, key].concat())
}

fn p256(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    (x.len() == COORDINATE && y.len() == COORDINATE).then(|| [&P256, x, y].concat())
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let first = *modulus.first()?;
    if !MODULUS.contains(&modulus.len()) || first == 0 || exponent != EXPONENT {
        return None;
    }
    // A number whose first bit is set would be negative.
    let sign: &[u8] = if first & 0x80 == 0 { &[] } else { &[0] };
    let numbers = [der(2, &[sign, modulus]), der(2, &[exponent])].concat();
    Some(der(0x30, &[&RSA, &der(3, &[&[0], &der(0x30, &[&numbers])])]))
}

/// An element of DER. None here reaches 64 KiB: see [`MODULUS`].
fn der(tag: u8, content: &[&[u8]]) -> Vec<u8> {
    let content = content.concat();
    let length = match u16::try_from(content.len()).unwrap_or(u16::MAX).to_be_bytes() {
        [0, short @ ..0x80] => vec![short],
        [0, byte] => vec![0x81, byte],
        [high, low] => vec![0x82, high, low],
    };
    [vec![tag], length, content].concat()
}
