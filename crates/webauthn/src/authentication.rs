use crate::attestation::signed;
use crate::authenticator_data::AuthenticatorData;
use crate::{AuthenticationResponse, Ceremony, PublicKey, Purpose, Refusal, RelyingParty, SpentChallenge};

/// A stored passkey, found by [`AuthenticationResponse::credential_id`].
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a> {
    /// What it was found by.
    pub id: &'a [u8],
    /// What it signs with.
    pub public_key: &'a PublicKey,
    /// Its last count.
    pub counter: u32,
    /// Whether copies may be made, as at its registration.
    pub backup_eligible: bool,
    /// Whose it is.
    pub user: UserHandle<'a>,
}

/// For whom the passkey was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UserHandle<'a> {
    /// Nobody has said who they are: the passkey must.
    Said(&'a [u8]),
    /// The account is known from before, by a password or a session, and the browser was given its passkeys by id.
    /// Some authenticators then leave the handle out. One that is sent must be right.
    Known(&'a [u8]),
}

/// Somebody has used their passkey: it was there, and they were verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Authenticated {
    /// To be stored in place of the last one, unless another request has stored a higher one meanwhile.
    pub counter: u32,
    /// Whether there is a copy now.
    pub backed_up: bool,
    /// To be written down with what it allows.
    pub challenge: SpentChallenge,
}

impl RelyingParty {
    /// Checks the use of a passkey (WebAuthn section 7.2).
    ///
    /// # Errors
    /// The first thing that is not as it must be. [`Refusal::Counter`] comes last, once the signature was right.
    pub fn authenticate(
        &self,
        response: &AuthenticationResponse,
        credential: &Credential<'_>,
        ceremony: &Ceremony<'_>,
    ) -> Result<Authenticated, Refusal> {
        if response.id != credential.id {
            return Err(Refusal::CredentialId);
        }
        let is_theirs = match (credential.user, response.user_handle.as_deref()) {
            (UserHandle::Said(handle) | UserHandle::Known(handle), Some(said)) => said == handle,
            (UserHandle::Said(_), None) => false,
            (UserHandle::Known(_), None) => true,
        };
        if !is_theirs {
            return Err(Refusal::UserHandle);
        }
        let challenge = self.answered(&response.client_data, Purpose::Authentication, ceremony)?;
        let data = AuthenticatorData::read(&response.authenticator_data)?;
        data.check(&self.id_hash)?;
        if data.attested.is_some() {
            return Err(Refusal::AuthenticatorData);
        }
        if data.backup_eligible() != credential.backup_eligible {
            return Err(Refusal::BackupFlags);
        }
        let message = signed(&response.authenticator_data, &response.client_data);
        credential.public_key.verify(&message, &response.signature)?;
        let (stored, sent) = (credential.counter, data.counter);
        // Zero both times: this authenticator does not count.
        if (stored, sent) != (0, 0) && sent <= stored {
            return Err(Refusal::Counter { stored, sent });
        }
        Ok(Authenticated { counter: sent, backed_up: data.backed_up(), challenge })
    }
}
