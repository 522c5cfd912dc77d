use aws_lc_rs::encoding::{AsDer, PublicKeyX509Der};
use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::rsa::{self, KeySize};
use aws_lc_rs::signature::{
    ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair, RSA_PKCS1_SHA256,
};

/// What a passkey signs with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyKind {
    /// Ed25519.
    EdDsa,
    /// ECDSA on P-256.
    Es256,
    /// RSA of 2048 bits.
    Rs256,
    /// RSA of 4096 bits.
    LongRs256,
}

impl KeyKind {
    /// One of each algorithm.
    pub const ALL: [Self; 3] = [Self::EdDsa, Self::Es256, Self::Rs256];

    /// Its number in COSE.
    #[must_use]
    pub fn cose(self) -> i64 {
        match self {
            Self::EdDsa => -8,
            Self::Es256 => -7,
            Self::Rs256 | Self::LongRs256 => -257,
        }
    }
}

/// The private key of a passkey.
pub(super) enum Key {
    EdDsa(Ed25519KeyPair),
    Es256(EcdsaKeyPair),
    Rs256(rsa::KeyPair),
}

impl Key {
    pub(super) fn generate(kind: KeyKind) -> Self {
        match kind {
            KeyKind::EdDsa => Self::EdDsa(Ed25519KeyPair::generate().unwrap()),
            KeyKind::Es256 => Self::Es256(EcdsaKeyPair::generate(&ECDSA_P256_SHA256_ASN1_SIGNING).unwrap()),
            KeyKind::Rs256 => Self::Rs256(rsa::KeyPair::generate(KeySize::Rsa2048).unwrap()),
            // Making one takes seconds.
            KeyKind::LongRs256 => {
                Self::Rs256(rsa::KeyPair::from_pkcs8(include_bytes!("rsa-4096.pk8")).unwrap())
            }
        }
    }

    pub(super) fn kind(&self) -> KeyKind {
        match self {
            Self::EdDsa(_) => KeyKind::EdDsa,
            Self::Es256(_) => KeyKind::Es256,
            Self::Rs256(_) => KeyKind::Rs256,
        }
    }

    /// The public key as authenticators write it (`COSE_Key`).
    pub(super) fn cose(&self) -> Vec<u8> {
        match self {
            Self::EdDsa(key) => {
                [&b"\xa4\x01\x01\x03\x27\x20\x06\x21\x58\x20"[..], key.public_key().as_ref()].concat()
            }
            Self::Es256(key) => {
                // A point: the byte 4, then both coordinates.
                let (x, y) = key.public_key().as_ref()[1..].split_at(32);
                [&b"\xa5\x01\x02\x03\x26\x20\x01\x21\x58\x20"[..], x, b"\x22\x58\x20", y].concat()
            }
            Self::Rs256(key) => {
                // `RSAPublicKey` in DER: nine bytes, the modulus, and five for the exponent.
                let der = key.public_key().as_ref();
                let modulus = &der[9..der.len() - 5];
                let length = u16::try_from(modulus.len()).unwrap().to_be_bytes();
                let head = &b"\xa4\x01\x03\x03\x39\x01\x00\x20\x59"[..];
                [head, &length, modulus, b"\x21\x43\x01\x00\x01"].concat()
            }
        }
    }

    /// The public key as browsers write it.
    pub(super) fn spki(&self) -> Vec<u8> {
        let der: PublicKeyX509Der<'_> = match self {
            Self::EdDsa(key) => key.public_key().as_der(),
            Self::Es256(key) => key.public_key().as_der(),
            Self::Rs256(key) => key.public_key().as_der(),
        }
        .unwrap();
        der.as_ref().to_vec()
    }

    pub(super) fn sign(&self, message: &[u8]) -> Vec<u8> {
        let rng = SystemRandom::new();
        match self {
            Self::EdDsa(key) => key.sign(message).as_ref().to_vec(),
            Self::Es256(key) => key.sign(&rng, message).unwrap().as_ref().to_vec(),
            Self::Rs256(key) => {
                let mut signature = vec![0; key.public_modulus_len()];
                key.sign(&RSA_PKCS1_SHA256, &rng, message, &mut signature).unwrap();
                signature
            }
        }
    }
}
