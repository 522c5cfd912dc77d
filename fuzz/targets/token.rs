//! The tokens of pages, of programs and of the cookie family: whatever was not issued names nobody, and nothing panics (P5).
//!
//! The first byte picks what becomes of the rest: a token as it stands, a good one of any kind with some of
//! its letters changed, or header and claims under a signature of our own key, which nobody else can make.
#![no_main]

use accounts::{Accounts, KeyRing, Settings, SystemClock, SystemRng};
use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use jsonwebtoken::{Algorithm, EncodingKey};
use libfuzzer_sys::{Corpus, fuzz_target};
use serde_json::json;
use sqlx::postgres::PgConnectOptions;
use std::sync::{Arc, LazyLock};
use store::{Store, StoreOptions};
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::runtime::Runtime;
use uuid::Uuid;

const NOW: OffsetDateTime = datetime!(2026-11-21 10:00 UTC);
const ISSUER: &str = "http://localhost:8000";
/// An Ed25519 key in PKCS#8 (RFC 8410), but for the key itself.
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

static WORLD: LazyLock<World> = LazyLock::new(World::new);

struct World {
    accounts: Accounts,
    runtime: Runtime,
    key: EncodingKey,
    cookie: String,
    access: String,
    api_cookie: String,
}

impl World {
    fn new() -> Self {
        let der = [&PKCS8[..], &[7; 32]].concat();
        let pem =
            format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(&der));
        let settings = Settings::new(KeyRing::ed25519_pem(&pem).expect("a key"), ISSUER);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let entered = runtime.enter();
        // Nobody listens there: whoever asks the database took the token for good.
        let options = StoreOptions::new(PgConnectOptions::new_without_pgpass().host("127.0.0.1").port(1));
        let accounts =
            Accounts::new(Store::open(&options), settings, Arc::new(SystemClock), Arc::new(SystemRng))
                .expect("accounts");
        drop(entered);
        let kid = accounts.jwks().keys.remove(0).kid;
        let key = EncodingKey::from_ed_der(&der);
        let kinds = [("session+jwt", "session"), ("at+jwt", "api"), ("api-session+jwt", "api-session")];
        let [cookie, access, api_cookie] = kinds.map(|(typ, audience)| good(&kid, &key, typ, audience));
        let world = Self { accounts, runtime, key, cookie, access, api_cookie };
        assert!(world.opens(&world.cookie), "a good cookie is read, or nothing here is worth anything");
        assert!(world.admits(&world.access), "and a good access token");
        assert!(world.admits_api_cookie(&world.api_cookie), "and a good cookie of the API");
        world
    }

    fn opens(&self, token: &str) -> bool {
        self.accounts.owner(token, NOW).is_some()
    }

    fn admits(&self, token: &str) -> bool {
        !matches!(self.runtime.block_on(self.accounts.authenticate_bearer(token, NOW)), Ok(None))
    }

    fn admits_api_cookie(&self, token: &str) -> bool {
        !matches!(self.runtime.block_on(self.accounts.authenticate_api_cookie(token, NOW)), Ok(None))
    }

    fn refuse(&self, token: &str) {
        assert!(token == self.cookie || !self.opens(token), "a forged cookie was taken: {token}");
        assert!(token == self.access || !self.admits(token), "a forged access token was taken: {token}");
        let forged = token != self.api_cookie && self.admits_api_cookie(token);
        assert!(!forged, "a forged cookie of the API was taken: {token}");
    }
}

fn good(kid: &str, key: &EncodingKey, typ: &str, audience: &str) -> String {
    let now = NOW.unix_timestamp();
    let header = json!({ "alg": "EdDSA", "typ": typ, "kid": kid });
    let claims = json!({
        "iss": ISSUER, "aud": format!("{ISSUER}#{audience}"), "sub": Uuid::from_u128(1), "sid": Uuid::from_u128(2),
        "jti": Uuid::from_u128(3), "iat": now, "nbf": now, "exp": now + 1800, "auth_time": now, "amr": ["pwd"],
    });
    signed(key, header.to_string().as_bytes(), claims.to_string().as_bytes())
}

fn signed(key: &EncodingKey, header: &[u8], claims: &[u8]) -> String {
    let message = format!("{}.{}", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(claims));
    let signature =
        jsonwebtoken::crypto::sign(message.as_bytes(), key, Algorithm::EdDSA).expect("a signature");
    format!("{message}.{signature}")
}

/// The token with other letters at some places: each change is a place (two bytes) and a letter.
fn changed(token: &str, changes: &[u8]) -> String {
    let mut bytes = token.as_bytes().to_vec();
    for change in changes.chunks_exact(3) {
        let at = usize::from(u16::from_be_bytes([change[0], change[1]])) % bytes.len();
        bytes[at] = change[2] & 0x7f;
    }
    String::from_utf8(bytes).expect("ASCII")
}

fuzz_target!(|data: &[u8]| -> Corpus {
    let Some((kind, rest)) = data.split_first() else { return Corpus::Reject };
    let world = &*WORLD;
    match kind % 5 {
        0 => match std::str::from_utf8(rest) {
            Ok(token) => world.refuse(token),
            Err(_) => return Corpus::Reject,
        },
        1 => world.refuse(&changed(&world.cookie, rest)),
        2 => world.refuse(&changed(&world.access, rest)),
        3 => world.refuse(&changed(&world.api_cookie, rest)),
        _ => {
            // Ours by its signature: it may be taken, and must not break anything.
            let (header, claims) =
                rest.split_at(rest.iter().position(|byte| *byte == 0).unwrap_or(rest.len()));
            world.opens(&signed(&world.key, header, claims.get(1..).unwrap_or_default()));
        }
    }
    Corpus::Keep
});
