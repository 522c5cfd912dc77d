//! A site, somebody with a passkey, and one question and answer of each kind.

use serde_json::Value;
use std::sync::LazyLock;
use testkit::passkey::{Draft, KeyKind, SoftAuthenticator};
use time::OffsetDateTime;
use time::macros::datetime;
use webauthn::{
    Authenticated, AuthenticationResponse, Ceremony, Credential, NewUser, PublicKey, Purpose, Refusal,
    Refused, Registered, RegistrationResponse, RelyingParty, UserHandle,
};

pub const ORIGIN: &str = "https://accounts.example.com";
pub const BROWSER: &[u8] = b"ana's browser";
pub const ANA: UserHandle = UserHandle(*b"0123456789abcdef");
pub const EVE: UserHandle = UserHandle(*b"fedcba9876543210");
pub const NOW: OffsetDateTime = datetime!(2026-11-28 02:30 UTC);

/// One of each algorithm. Keys of RSA take long to make.
pub static SCENES: LazyLock<[Scene; 3]> = LazyLock::new(|| KeyKind::ALL.map(Scene::new));

/// What Ana's browser is asked.
pub const CREATION: Ceremony<'_> =
    Ceremony { purpose: Purpose::Registration, browser: BROWSER, account: Some(ANA), now: NOW };
/// The same where nobody has said who they are.
pub const SIGN_IN: Ceremony<'_> =
    Ceremony { purpose: Purpose::SignIn, browser: BROWSER, account: None, now: NOW };

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
    /// Whose passkey it must be; not heeded where one is made.
    pub account: Option<UserHandle>,
    /// What is stored of the passkey.
    pub id: Vec<u8>,
    pub owner: UserHandle,
    pub public_key: PublicKey,
    /// The same key, for other verifiers.
    pub cose: Vec<u8>,
    pub counter: u32,
    pub backup_eligible: bool,
}

impl Scene {
    fn new(kind: KeyKind) -> Self {
        let site = RelyingParty::new(ORIGIN, &[7; 32]).unwrap();
        let user = NewUser { name: "ana@example.com", display_name: "Ana" };
        let creation_options = site.creation_options(&CREATION, [1; 16], "Example", &user, []).unwrap();
        let request_options = site.request_options(&SIGN_IN, [2; 16], []).unwrap();
        let mut authenticator = SoftAuthenticator::new(kind);
        let creation = authenticator.draft_creation(ORIGIN, &creation_options);
        let assertion = authenticator.draft_assertion(ORIGIN, &request_options);
        let other = SoftAuthenticator::new(kind).draft_creation(ORIGIN, &creation_options);
        let response = RegistrationResponse::from_json(&creation.registration().to_string()).unwrap();
        let registered = site.register(&response, &CREATION).unwrap();
        Self { kind, site, creation_options, request_options, creation, assertion, registered, other }
    }

    pub fn sent(&self, json: String) -> Sent {
        Sent {
            json,
            browser: BROWSER,
            now: NOW,
            account: None,
            id: self.registered.credential_id.clone(),
            owner: ANA,
            cose: self.creation.cose(),
            public_key: self.registered.public_key.clone(),
            counter: self.registered.counter,
            backup_eligible: self.registered.backup_eligible,
        }
    }

    pub fn register(&self, sent: &Sent) -> Result<Registered, Refusal> {
        let response = RegistrationResponse::from_json(&sent.json)?;
        let ceremony = Ceremony { browser: sent.browser, now: sent.now, ..CREATION };
        self.site.register(&response, &ceremony).map_err(|refused| refused.refusal)
    }

    pub fn authenticate(&self, sent: &Sent) -> Result<Authenticated, Refusal> {
        let response = AuthenticationResponse::from_json(&sent.json)?;
        self.check(&response, sent).map_err(|refused| refused.refusal)
    }

    pub fn check(&self, response: &AuthenticationResponse, sent: &Sent) -> Result<Authenticated, Refused> {
        let credential = Credential {
            id: &sent.id,
            owner: sent.owner,
            public_key: &sent.public_key,
            counter: sent.counter,
            backup_eligible: sent.backup_eligible,
        };
        let Sent { browser, account, now, .. } = *sent;
        self.site.authenticate(response, &credential, &Ceremony { browser, account, now, ..SIGN_IN })
    }
}
