//! The key of a passkey: from COSE, as authenticators write it, to DER, as it is stored and used.

use crate::{Refusal, cbor};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, RSA_PKCS1_2048_8192_SHA256, VerificationAlgorithm,
};
use minicbor::Decoder;
use minicbor::data::Type;

/// The coordinates of a point, and an Ed25519 key.
const COORDINATE: usize = 32;
/// A modulus of 2048 to 4096 bits; of the shortest ones the first bit is set.
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
/// Where the modulus stands in the DER of an RSA key: all lengths before it have three bytes.
const RSA_MODULUS: usize = 32;
/// What stands behind it: the exponent.
const RSA_END: usize = 5;
/// The points of small order whose number is below the field's. Under such a key, anybody can sign anything.
const SMALL_ORDER: [[u8; 32]; 5] = [
    [0; 32],
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
];
/// The field's own number, 2^255 - 19, from its lowest byte on.
const FIELD: [u8; 32] = [
    0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
];

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

/// A public key of one algorithm, written in one way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    der: Vec<u8>,
}

impl PublicKey {
    /// A key as [`Self::as_der`] wrote it.
    ///
    /// # Errors
    /// [`Refusal::PublicKey`] for any other bytes.
    pub fn from_der(algorithm: Algorithm, der: &[u8]) -> Result<Self, Refusal> {
        let parts = match algorithm {
            Algorithm::EdDsa => der.strip_prefix(&ED25519_KEY).map(|key| Parts::EdDsa { key }),
            Algorithm::Es256 => der
                .strip_prefix(&P256)
                .and_then(|point| point.split_at_checked(COORDINATE))
                .map(|(x, y)| Parts::Es256 { x, y }),
            Algorithm::Rs256 => der
                .get(RSA_MODULUS..der.len().saturating_sub(RSA_END))
                .map(|modulus| modulus.strip_prefix(&[0]).unwrap_or(modulus))
                .map(|modulus| Parts::Rs256 { modulus, exponent: &EXPONENT }),
        };
        let key = Self::new(&parts.ok_or(Refusal::PublicKey)?)?;
        if key.der == der { Ok(key) } else { Err(Refusal::PublicKey) }
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

    /// Reads a `COSE_Key` (RFC 9053, RFC 8230) with the members that WebAuthn lets it have, and no others, in the one
    /// form that CTAP lets it have.
    pub(crate) fn from_cose(decoder: &mut Decoder<'_>) -> Result<Self, Refusal> {
        let start = decoder.position();
        let Members([Some(Member::Number(kind)), Some(Member::Number(number)), rest @ ..]) =
            Members::read(decoder).ok_or(Refusal::PublicKey)?
        else {
            return Err(Refusal::PublicKey);
        };
        let algorithm = Algorithm::from_cose(number).ok_or(Refusal::Algorithm)?;
        let parts = match (algorithm, kind, rest) {
            (Algorithm::EdDsa, 1, [Some(Member::Number(6)), Some(Member::Bytes(key)), None]) => {
                Parts::EdDsa { key }
            }
            (
                Algorithm::Es256,
                2,
                [Some(Member::Number(1)), Some(Member::Bytes(x)), Some(Member::Bytes(y))],
            ) => Parts::Es256 { x, y },
            (Algorithm::Rs256, 3, [Some(Member::Bytes(modulus)), Some(Member::Bytes(exponent)), None]) => {
                Parts::Rs256 { modulus, exponent }
            }
            _ => return Err(Refusal::PublicKey),
        };
        let key = Self::new(&parts)?;
        if decoder.input().get(start..decoder.position()) != Some(&parts.cose()) {
            return Err(Refusal::PublicKey);
        }
        Ok(key)
    }

    fn new(parts: &Parts<'_>) -> Result<Self, Refusal> {
        let (algorithm, der) = match *parts {
            Parts::EdDsa { key } => (Algorithm::EdDsa, ed25519(key)),
            Parts::Es256 { x, y } => (Algorithm::Es256, p256(x, y)),
            Parts::Rs256 { modulus, exponent } => (Algorithm::Rs256, rsa(modulus, exponent)),
        };
        let der = der.ok_or(Refusal::PublicKey)?;
        // A point that is not on P-256 ends here. Whether one is on Ed25519's curve shows at its first signature.
        ParsedPublicKey::new(algorithm.verification(), &der).map_err(|_| Refusal::PublicKey)?;
        Ok(Self { algorithm, der })
    }
}

/// What makes a key.
enum Parts<'a> {
    EdDsa { key: &'a [u8] },
    Es256 { x: &'a [u8], y: &'a [u8] },
    Rs256 { modulus: &'a [u8], exponent: &'a [u8] },
}

impl Parts<'_> {
    /// The key in CTAP's form, where the lengths are those that [`PublicKey::new`] takes.
    fn cose(&self) -> Vec<u8> {
        match *self {
            Self::EdDsa { key } => [&b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"[..], key].concat(),
            Self::Es256 { x, y } => {
                [&b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"[..], x, b"\x22\x58\x20", y].concat()
            }
            Self::Rs256 { modulus, exponent } => {
                let length = u16::try_from(modulus.len()).unwrap_or(u16::MAX).to_be_bytes();
                let head = b"\xa4\x01\x03\x03\x39\x01\x00\x20\x59";
                [&head[..], &length, modulus, b"\x21\x43", exponent].concat()
            }
        }
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

/// A number of the field that is no point of small order, with the sign of the other coordinate in its highest bit.
fn ed25519(key: &[u8]) -> Option<Vec<u8>> {
    let mut number: [u8; COORDINATE] = key.try_into().ok()?;
    number[31] &= 0x7f;
    let is_small = number.iter().rev().lt(FIELD.iter().rev());
    (is_small && !SMALL_ORDER.contains(&number)).then(|| [&ED25519_KEY, key].concat())
}

fn p256(x: &[u8], y: &[u8]) -> Option<Vec<u8>> {
    (x.len() == COORDINATE && y.len() == COORDINATE).then(|| [&P256, x, y].concat())
}

fn rsa(modulus: &[u8], exponent: &[u8]) -> Option<Vec<u8>> {
    let (first, last) = (*modulus.first()?, *modulus.last()?);
    let is_long = MODULUS.contains(&modulus.len()) && (modulus.len() > *MODULUS.start() || first & 0x80 != 0);
    if !is_long || first == 0 || last & 1 == 0 || exponent != EXPONENT {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// The identity, for one: the signature `01 00 …` verifies anything.
    #[test]
    fn no_key_under_which_anybody_can_sign_is_taken() {
        let mut refused: Vec<_> = SMALL_ORDER.to_vec();
        let above = |low| {
            let mut number = FIELD;
            number[0] = low;
            number
        };
        refused.extend([0xed, 0xee, 0xff].map(above));
        for mut key in refused {
            for sign in [0, 0x80] {
                key[31] |= sign;
                let der = [&ED25519_KEY[..], &key].concat();
                assert_eq!(PublicKey::from_der(Algorithm::EdDsa, &der), Err(Refusal::PublicKey), "{key:x?}");
            }
        }
        let base = [&[0x58][..], &[0x66; 31]].concat();
        let der = [&ED25519_KEY[..], &base].concat();
        assert_eq!(PublicKey::from_der(Algorithm::EdDsa, &der).unwrap().as_der(), der);
    }

    #[test]
    fn a_key_is_stored_in_one_way() {
        let modulus = [0xc3; 256];
        let rsa_key = rsa(&modulus, &EXPONENT).unwrap();
        let base = [&[0x58][..], &[0x66; 31]].concat();
        let edwards = [&ED25519_KEY[..], &base].concat();
        for (algorithm, der) in [(Algorithm::EdDsa, &edwards), (Algorithm::Rs256, &rsa_key)] {
            assert_eq!(PublicKey::from_der(algorithm, der).unwrap().as_der(), der);
            let longer = [&der[..], &[0]].concat();
            for other in [&longer, &der[..der.len() - 1], &der[1..], &[]] {
                assert_eq!(PublicKey::from_der(algorithm, other), Err(Refusal::PublicKey));
            }
            for wrong in Algorithm::ALL.into_iter().filter(|other| *other != algorithm) {
                assert_eq!(PublicKey::from_der(wrong, der), Err(Refusal::PublicKey));
            }
        }
        // The key alone, without what it is a key of.
        for bare in [&base[..], &rsa_key[24..]] {
            for algorithm in Algorithm::ALL {
                assert_eq!(PublicKey::from_der(algorithm, bare), Err(Refusal::PublicKey));
            }
        }
    }

    #[test]
    fn a_modulus_has_from_2048_to_4096_bits() {
        let with = |first, length: usize, last| {
            let mut modulus = vec![0xc3; length];
            modulus[0] = first;
            modulus[length - 1] = last;
            rsa(&modulus, &EXPONENT).is_some()
        };
        assert!(with(0x80, 256, 1) && with(1, 257, 1) && with(0xff, 512, 0xff));
        assert!(!with(0x7f, 256, 1) && !with(0xff, 255, 1) && !with(1, 513, 1));
        assert!(!with(0x80, 256, 2) && !with(0, 300, 1));
        assert!(rsa(&[0xc3; 256], &[3]).is_none() && rsa(&[0xc3; 256], &[0, 1, 0, 1]).is_none());
    }
}
