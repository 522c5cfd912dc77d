use crate::public_key::PublicKey;
use crate::{CREDENTIAL_ID_MAX, Refusal, cbor};
use minicbor::Decoder;

const USER_PRESENT: u8 = 1;
const USER_VERIFIED: u8 = 1 << 2;
const BACKUP_ELIGIBLE: u8 = 1 << 3;
const BACKED_UP: u8 = 1 << 4;
const ATTESTED: u8 = 1 << 6;
const EXTENDED: u8 = 1 << 7;

/// What the authenticator says (WebAuthn section 6.1): it signs these bytes and the client data's hash.
#[derive(Debug)]
pub(crate) struct AuthenticatorData<'a> {
    rp_id_hash: &'a [u8; 32],
    flags: u8,
    pub(crate) counter: u32,
    /// The new passkey; only where one is registered.
    pub(crate) attested: Option<Attested<'a>>,
}

/// A passkey that was just made.
#[derive(Debug)]
pub(crate) struct Attested<'a> {
    pub(crate) aaguid: [u8; 16],
    pub(crate) credential_id: &'a [u8],
    pub(crate) public_key: PublicKey,
}

impl<'a> AuthenticatorData<'a> {
    /// Reads all of `bytes`: nothing is left over that was signed and not understood, but what extensions say.
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, Refusal> {
        let unreadable = Refusal::AuthenticatorData;
        let (rp_id_hash, rest) = bytes.split_first_chunk::<32>().ok_or(unreadable)?;
        let ([flags], rest) = rest.split_first_chunk::<1>().ok_or(unreadable)?;
        let (counter, rest) = rest.split_first_chunk::<4>().ok_or(unreadable)?;
        let has = |flag| flags & flag != 0;
        let (attested, rest) = if has(ATTESTED) {
            Attested::read(rest).map(|(attested, rest)| (Some(attested), rest))?
        } else {
            (None, rest)
        };
        if has(EXTENDED) {
            let mut decoder = Decoder::new(rest);
            let is_map = decoder.probe().map().is_ok();
            if !is_map || cbor::item(&mut decoder).is_none() || !cbor::at_end(&decoder) {
                return Err(unreadable);
            }
        } else if !rest.is_empty() {
            return Err(unreadable);
        }
        Ok(Self { rp_id_hash, flags: *flags, counter: u32::from_be_bytes(*counter), attested })
    }

    /// What must be so at a registration and at each sign-in.
    pub(crate) fn check(&self, rp_id_hash: &[u8; 32]) -> Result<(), Refusal> {
        if self.rp_id_hash != rp_id_hash {
            return Err(Refusal::RpId);
        }
        if !self.has(USER_PRESENT) {
            return Err(Refusal::UserPresence);
        }
        if !self.has(USER_VERIFIED) {
            return Err(Refusal::UserVerification);
        }
        if self.backed_up() && !self.backup_eligible() {
            return Err(Refusal::BackupFlags);
        }
        Ok(())
    }

    /// Whether copies of the passkey may be made.
    pub(crate) fn backup_eligible(&self) -> bool {
        self.has(BACKUP_ELIGIBLE)
    }

    /// Whether there is one.
    pub(crate) fn backed_up(&self) -> bool {
        self.has(BACKED_UP)
    }

    fn has(&self, flag: u8) -> bool {
        self.flags & flag != 0
    }
}

impl<'a> Attested<'a> {
    fn read(bytes: &'a [u8]) -> Result<(Self, &'a [u8]), Refusal> {
        let unreadable = Refusal::AuthenticatorData;
        let (aaguid, rest) = bytes.split_first_chunk::<16>().ok_or(unreadable)?;
        let (length, rest) = rest.split_first_chunk::<2>().ok_or(unreadable)?;
        let length = usize::from(u16::from_be_bytes(*length));
        if length == 0 || length > CREDENTIAL_ID_MAX {
            return Err(Refusal::CredentialId);
        }
        let (credential_id, rest) = rest.split_at_checked(length).ok_or(unreadable)?;
        let mut decoder = Decoder::new(rest);
        let public_key = PublicKey::from_cose(&mut decoder)?;
        let rest = rest.get(decoder.position()..).ok_or(unreadable)?;
        Ok((Self { aaguid: *aaguid, credential_id, public_key }, rest))
    }
}
