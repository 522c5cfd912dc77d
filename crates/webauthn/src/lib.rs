//! Checks what a browser answers with a passkey (WebAuthn Level 3, attestation `none`).
//!
//! Bytes and settings go in, typed results come out. Nothing here stores, listens, or reads a clock or randomness. Whoever
//! calls keeps these rules:
//!
//! - A [`SpentChallenge`] is written down before its answer is worth anything, where no second one can be: with what the
//!   answer allows, and also where it is [`Refused`].
//! - A passkey is found by its id alone, and [`Credential::owner`] is what its row says.
//! - [`Authenticated::counter`] and [`Authenticated::backed_up`] are stored, the first as [`Credential::counter`] says.
//! - No [`Refusal`] is shown to whoever sent the answer.
//!
//! Why this is ours: docs/adr/0010-own-passkey-verifier.md.

mod attestation;
mod authentication;
mod authenticator_data;
mod base64url;
mod cbor;
mod challenge;
mod client_data;
mod json;
mod options;
mod public_key;
mod refusal;
mod registration;
mod relying_party;
mod response;
mod spent_challenge;
mod transport;
mod user_handle;

pub use authentication::{Authenticated, Credential};
pub use challenge::{Ceremony, LIFETIME, Purpose};
pub use options::{NewUser, Unanswerable};
pub use public_key::{Algorithm, PublicKey};
pub use refusal::{Refusal, Refused};
pub use registration::Registered;
pub use relying_party::{NoPasskeysHere, RelyingParty};
pub use response::{AuthenticationResponse, CREDENTIAL_ID_MAX, RESPONSE_MAX, RegistrationResponse};
pub use spent_challenge::SpentChallenge;
pub use transport::Transport;
pub use user_handle::UserHandle;
