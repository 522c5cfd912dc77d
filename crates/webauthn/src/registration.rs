use crate::attestation::{AttestationObject, read_once, signed};
use crate::authenticator_data::Attested;
use crate::{
    Ceremony, PublicKey, Purpose, Refusal, Refused, RegistrationResponse, RelyingParty, SpentChallenge,
    Transport,
};

/// A passkey that may be stored.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub struct Registered {
    /// What it is found by; no two accounts may have the same.
    pub credential_id: Vec<u8>,
    /// What it signs with.
    pub public_key: PublicKey,
    /// Its first count; zero where it does not count.
    pub counter: u32,
    /// Whether copies of it may be made; this never changes.
    pub backup_eligible: bool,
    /// Whether there is a copy, such as in its owner's cloud.
    pub backed_up: bool,
    /// Which kind of authenticator says to have made it; nothing proves it.
    pub aaguid: [u8; 16],
    /// How a browser reaches it.
    pub transports: Vec<Transport>,
    /// To be written down with it.
    pub challenge: SpentChallenge,
}

impl RelyingParty {
    /// Checks a registration (WebAuthn section 7.1), for the ceremony's account.
    ///
    /// # Errors
    /// The first thing that is not as it must be.
    pub fn register(
        &self,
        response: &RegistrationResponse,
        ceremony: &Ceremony<'_>,
    ) -> Result<Registered, Refused> {
        if ceremony.purpose != Purpose::Registration {
            return Err(Refused::unasked(Refusal::Type));
        }
        if ceremony.account.is_none() {
            return Err(Refused::unasked(Refusal::UserHandle));
        }
        let challenge = self.answered(&response.client_data, ceremony).map_err(Refused::unasked)?;
        self.registered(response, challenge)
            .map_err(|refusal| Refused { refusal, challenge: Some(challenge) })
    }

    fn registered(
        &self,
        response: &RegistrationResponse,
        challenge: SpentChallenge,
    ) -> Result<Registered, Refusal> {
        let object = AttestationObject::read(&response.attestation_object)?;
        let data = read_once(&object, response.authenticator_data.as_deref())?;
        data.check(&self.id_hash)?;
        let (backup_eligible, backed_up) = (data.backup_eligible(), data.backed_up());
        let counter = data.counter;
        let Attested { aaguid, credential_id, public_key } =
            data.attested.ok_or(Refusal::AuthenticatorData)?;
        if credential_id != response.id {
            return Err(Refusal::CredentialId);
        }
        as_the_browser_says(&public_key, response)?;
        object.verify(&public_key, &signed(object.authenticator_data, &response.client_data))?;
        Ok(Registered {
            credential_id: credential_id.to_vec(),
            public_key,
            counter,
            backup_eligible,
            backed_up,
            aaguid,
            transports: response.transports.clone(),
            challenge,
        })
    }
}

/// The browser reads the key too. Two readings of the same bytes must not differ.
fn as_the_browser_says(key: &PublicKey, response: &RegistrationResponse) -> Result<(), Refusal> {
    if response.public_key.as_ref().is_some_and(|der| der != key.as_der()) {
        return Err(Refusal::PublicKey);
    }
    let number = key.algorithm().cose();
    if response.algorithm.as_ref().is_some_and(|said| said.as_i64() != Some(number)) {
        return Err(Refusal::Algorithm);
    }
    Ok(())
}
