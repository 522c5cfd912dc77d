use crate::authenticator_data::AuthenticatorData;
use crate::public_key::PublicKey;
use crate::{Refusal, cbor};
use minicbor::Decoder;

/// What a registration brings from the authenticator (WebAuthn section 6.5).
pub(crate) struct AttestationObject<'a> {
    pub(crate) authenticator_data: &'a [u8],
    statement: Statement<'a>,
}

/// What browsers leave where attestation `none` was asked for.
enum Statement<'a> {
    /// No word on what authenticator it is.
    None,
    /// Signed by the new key itself: it says no more than the key does, so browsers let it stand.
    OfItself { algorithm: i64, signature: &'a [u8] },
}

impl<'a> AttestationObject<'a> {
    /// Reads all of `bytes`.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let parts = Parts::read(bytes).ok_or(Refusal::AttestationObject)?;
        let statement = match parts.format {
            // One byte: the empty map.
            "none" if parts.statement == [0xa0] => Statement::None,
            "packed" => Statement::of_itself(parts.statement).ok_or(Refusal::Attestation)?,
            _ => return Err(Refusal::Attestation),
        };
        Ok(Self { authenticator_data: parts.authenticator_data, statement })
    }

    /// Whether the statement is true. `signed` is what the authenticator signs.
    pub(crate) fn verify(&self, key: &PublicKey, signed: &[u8]) -> Result<(), Refusal> {
        match self.statement {
            Statement::None => Ok(()),
            Statement::OfItself { algorithm, .. } if algorithm != key.algorithm().cose() => {
                Err(Refusal::Algorithm)
            }
            Statement::OfItself { signature, .. } => key.verify(signed, signature),
        }
    }
}

struct Parts<'a> {
    format: &'a str,
    statement: &'a [u8],
    authenticator_data: &'a [u8],
}

impl<'a> Parts<'a> {
    fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let (mut format, mut statement, mut data) = (None, None, None);
        for _ in 0..cbor::map(&mut decoder)? {
            let is_first = match decoder.str().ok()? {
                "fmt" => format.replace(decoder.str().ok()?).is_none(),
                "attStmt" => statement.replace(cbor::item(&mut decoder)?).is_none(),
                "authData" => data.replace(decoder.bytes().ok()?).is_none(),
                _ => false,
            };
            if !is_first {
                return None;
            }
        }
        let parts = Self { format: format?, statement: statement?, authenticator_data: data? };
        cbor::at_end(&decoder).then_some(parts)
    }
}

impl<'a> Statement<'a> {
    fn of_itself(bytes: &'a [u8]) -> Option<Self> {
        let mut decoder = Decoder::new(bytes);
        let (mut algorithm, mut signature) = (None, None);
        for _ in 0..cbor::map(&mut decoder)? {
            let is_first = match decoder.str().ok()? {
                "alg" => algorithm.replace(decoder.i64().ok()?).is_none(),
                "sig" => signature.replace(decoder.bytes().ok()?).is_none(),
                // A certificate: a statement of its maker's, which was not asked for.
                _ => false,
            };
            if !is_first {
                return None;
            }
        }
        Some(Self::OfItself { algorithm: algorithm?, signature: signature? })
    }
}

/// What an authenticator signs: its own data, and the hash of the browser's.
pub(crate) fn signed(authenticator_data: &[u8], client_data: &[u8]) -> Vec<u8> {
    let hash = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, client_data);
    [authenticator_data, hash.as_ref()].concat()
}

/// The authenticator's data must be the same wherever the browser wrote it.
pub(crate) fn read_once<'a>(
    object: &AttestationObject<'a>,
    beside: Option<&[u8]>,
) -> Result<AuthenticatorData<'a>, Refusal> {
    if beside.is_some_and(|beside| beside != object.authenticator_data) {
        return Err(Refusal::AttestationObject);
    }
    AuthenticatorData::read(object.authenticator_data)
}
