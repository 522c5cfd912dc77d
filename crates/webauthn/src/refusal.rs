use crate::SpentChallenge;
use thiserror::Error;

/// Why an answer is refused: for the trail and the log, and for nobody who sent one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Refusal {
    /// A part is longer than any browser's.
    #[error("a part of the answer is too long")]
    TooLong,
    /// Not the JSON of such an answer, or a member stands there twice.
    #[error("the answer is not the JSON that browsers send")]
    Json,
    /// Not the one way to write these bytes in base64url.
    #[error("a part of the answer is not base64url, or not as it is written")]
    Base64url,
    /// What the browser says of itself cannot be read.
    #[error("the client data cannot be read")]
    ClientData,
    /// What the authenticator says cannot be read to its end.
    #[error("the authenticator data cannot be read")]
    AuthenticatorData,
    /// What holds the authenticator data cannot be read to its end, or holds others than the browser says.
    #[error("the attestation object cannot be read")]
    AttestationObject,
    /// An answer to another question: a registration where somebody signs in, or the reverse.
    #[error("the answer is of another type")]
    Type,
    /// A challenge that was not made here, for this browser, and for this purpose.
    #[error("the challenge was not made for this")]
    Challenge,
    /// A challenge of another time.
    #[error("the challenge is too old")]
    ChallengeExpired,
    /// Another site's page asked.
    #[error("the page is of another origin")]
    Origin,
    /// A page within another site's page asked.
    #[error("the page was inside another site's page")]
    CrossOrigin,
    /// The authenticator answered for another site.
    #[error("the authenticator answered for another site")]
    RpId,
    /// Nobody touched the authenticator.
    #[error("nobody was present")]
    UserPresence,
    /// The authenticator did not check who is there.
    #[error("nobody was verified")]
    UserVerification,
    /// Flags of a copy that cannot be, or that changed and never do.
    #[error("the flags about copies contradict each other or the registration")]
    BackupFlags,
    /// An algorithm that was not offered.
    #[error("the algorithm was not offered")]
    Algorithm,
    /// A key that is none, or another than the browser says.
    #[error("the public key cannot be used, or is not the browser's")]
    PublicKey,
    /// A statement about the authenticator that a browser asked for none leaves out.
    #[error("the attestation is of a kind that was not asked for")]
    Attestation,
    /// Not what the key signs.
    #[error("the signature is wrong")]
    Signature,
    /// Another passkey than the one looked up, or one that is named in two ways.
    #[error("the credential is another one")]
    CredentialId,
    /// The passkey was made for another account, or does not say for which.
    #[error("the passkey belongs to another account")]
    UserHandle,
    /// The counter did not grow: there may be a copy of the authenticator. The signature was right.
    #[error("the counter went from {stored} to {sent}")]
    Counter {
        /// The last one.
        stored: u32,
        /// The one sent now.
        sent: u32,
    },
}

/// An answer that is refused, and the challenge of ours that it spent by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{refusal}")]
pub struct Refused {
    /// Why.
    pub refusal: Refusal,
    /// Absent where it answers none of ours. Otherwise it is written down as for an answer that is taken: so nobody tries
    /// one challenge twice, and tries can be counted.
    pub challenge: Option<SpentChallenge>,
}

impl Refused {
    pub(crate) fn unasked(refusal: Refusal) -> Self {
        Self { refusal, challenge: None }
    }
}
