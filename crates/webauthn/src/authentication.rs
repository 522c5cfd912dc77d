use crate::attestation::signed;
use crate::authenticator_data::AuthenticatorData;
use crate::{
    AuthenticationResponse, Ceremony, PublicKey, Purpose, Refusal, Refused, RelyingParty, SpentChallenge,
    UserHandle,
};

/// A stored passkey, found by [`AuthenticationResponse::credential_id`].
#[derive(Debug, Clone, Copy)]
pub struct Credential<'a> {
    /// What it was found by.
    pub id: &'a [u8],
    /// The account that it stands with, as its row says: never the one that the attempt is for.
    pub owner: UserHandle,
    /// What it signs with.
    pub public_key: &'a PublicKey,
    /// Its last count. Its row is locked from here on, or the new count is written only where it is higher than the
    /// stored one, or both are zero; else two copies could use it at once.
    pub counter: u32,
    /// Whether copies may be made, as at its registration.
    pub backup_eligible: bool,
}

/// Somebody has used their passkey: it was there, and they were verified.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[must_use]
pub struct Authenticated {
    /// Whose passkey it was.
    pub account: UserHandle,
    /// To be stored in place of the last one: see [`Credential::counter`].
    pub counter: u32,
    /// Whether there is a copy now.
    pub backed_up: bool,
    /// To be written down with what it allows.
    pub challenge: SpentChallenge,
}

impl RelyingParty {
    /// Checks the use of a passkey (WebAuthn section 7.2): one of the ceremony's account, or of the account that it names
    /// itself.
    ///
    /// # Errors
    /// The first thing that is not as it must be. [`Refusal::Counter`] comes last, once the signature was right.
    pub fn authenticate(
        &self,
        response: &AuthenticationResponse,
        credential: &Credential<'_>,
        ceremony: &Ceremony<'_>,
    ) -> Result<Authenticated, Refused> {
        if ceremony.purpose == Purpose::Registration {
            return Err(Refused::unasked(Refusal::Type));
        }
        let challenge = self.answered(&response.client_data, ceremony).map_err(Refused::unasked)?;
        self.used(response, credential, ceremony, challenge)
            .map_err(|refusal| Refused { refusal, challenge: Some(challenge) })
    }

    fn used(
        &self,
        response: &AuthenticationResponse,
        credential: &Credential<'_>,
        ceremony: &Ceremony<'_>,
        challenge: SpentChallenge,
    ) -> Result<Authenticated, Refusal> {
        if response.id != credential.id {
            return Err(Refusal::CredentialId);
        }
        is_the_owners(response, credential.owner, ceremony.account)?;
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
        Ok(Authenticated { account: credential.owner, counter: sent, backed_up: data.backed_up(), challenge })
    }
}

/// Where the account is known, the browser was given its passkeys by id, and some authenticators then leave the handle out.
/// One that is sent must be right all the same.
fn is_the_owners(
    response: &AuthenticationResponse,
    owner: UserHandle,
    account: Option<UserHandle>,
) -> Result<(), Refusal> {
    let said = response.user_handle.as_deref();
    let is_owner = said.map(|said| said == owner.0);
    match account {
        Some(account) if account == owner && is_owner != Some(false) => Ok(()),
        None if is_owner == Some(true) => Ok(()),
        _ => Err(Refusal::UserHandle),
    }
}
