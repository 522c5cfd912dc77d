//! A site, somebody with a passkey, and one question and answer of each kind.

use serde_json::Value;
use std::sync::LazyLock;
use testkit::passkey::{Draft, KeyKind, SoftAuthenticator};
use time::OffsetDateTime;
use time::macros::datetime;
use webauthn::{
    Authenticated, AuthenticationResponse, Ceremony, Credential, NewUser, PublicKey, Refusal, Registered,
    RegistrationResponse, RelyingParty, UserHandle,
};

pub const ORIGIN: &str = "https://accounts.example.com";
pub const BROWSER: &[u8] = b"ana's browser";
pub const HANDLE: &[u8] = b"0123456789abcdef";
pub const NOW: OffsetDateTime = datetime!(2026-11-28 02:30 UTC);

/// One of each algorithm. Keys of RSA take long to make.
pub static SCENES: LazyLock<[Scene; 3]> = LazyLock::new(|| KeyKind::ALL.map(Scene::new));

pub struct Scene {
    pub kind: KeyKind,
    pub site: RelyingParty,
    pub creation_options: Value,
    pub request_options: Value,
    /// The answer when Ana made her passkey.
    pub creation: Draft,
    /// The answer when she uses it.
    pub assertion: Draft,
    pub registered: Registered,
    /// Another passkey of the same kind, for the same site.
    pub other: Draft,
}

/// An answer, and what the server knows as it comes.
#[derive(Clone)]
pub struct Sent {
    pub json: String,
    pub browser: &'static [u8],
    pub now: OffsetDateTime,
    /// What is stored of the passkey.
    pub id: Vec<u8>,
    pub public_key: PublicKey,
    pub counter: u32,
    pub backup_eligible: bool,
    pub handle: &'static [u8],
    pub said: bool,
}

impl Scene {
    fn new(kind: KeyKind) -> Self {
        let site = RelyingParty::new(ORIGIN, &[7; 32]).unwrap();
        let ceremony = Ceremony { browser: BROWSER, now: NOW };
        let user = NewUser { handle: HANDLE, name: "ana@example.com", display_name: "Ana" };
        let creation_options = site.creation_options(&ceremony, [1; 16], "Example", &user, []);
        let request_options = site.request_options(&ceremony, [2; 16], []);
        let mut authenticator = SoftAuthenticator::new(kind);
        let creation = authenticator.draft_creation(ORIGIN, &creation_options);
        let assertion = authenticator.draft_assertion(ORIGIN, &request_options);
        let other = SoftAuthenticator::new(kind).draft_creation(ORIGIN, &creation_options);
        let response = RegistrationResponse::from_json(&creation.registration().to_string()).unwrap();
        let registered = site.register(&response, &ceremony).unwrap();
        Self { kind, site, creation_options, request_options, creation, assertion, registered, other }
    }

    pub fn sent(&self, json: String) -> Sent {
        Sent {
            json,
            browser: BROWSER,
            now: NOW,
            id: self.registered.credential_id.clone(),
            public_key: self.registered.public_key.clone(),
            counter: self.registered.counter,
            backup_eligible: self.registered.backup_eligible,
            handle: HANDLE,
            said: true,
        }
    }

    pub fn register(&self, sent: &Sent) -> Result<Registered, Refusal> {
        let response = RegistrationResponse::from_json(&sent.json)?;
        self.site.register(&response, &Ceremony { browser: sent.browser, now: sent.now })
    }

    pub fn authenticate(&self, sent: &Sent) -> Result<Authenticated, Refusal> {
        let response = AuthenticationResponse::from_json(&sent.json)?;
        let user = if sent.said { UserHandle::Said(sent.handle) } else { UserHandle::Known(sent.handle) };
        let credential = Credential {
            id: &sent.id,
            public_key: &sent.public_key,
            counter: sent.counter,
            backup_eligible: sent.backup_eligible,
            user,
        };
        self.site.authenticate(&response, &credential, &Ceremony { browser: sent.browser, now: sent.now })
    }
}
