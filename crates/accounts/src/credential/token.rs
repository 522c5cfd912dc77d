use crate::rng::{Rng, uuid};
use crate::{Error, Settings, SetupError};
use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::{SessionId, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// A session's token is of its own type (RFC 8725 section 3.11): no other token passes for it.
const TYP: &str = "session+jwt";
/// How far two clocks may be apart.
const LEEWAY: Duration = Duration::seconds(30);
/// RFC 7518 section 3.2: a key at least as long as the hash.
const HS256_MIN_BYTES: usize = 32;

/// What tokens are signed with: one algorithm, from configuration, never from a token.
#[derive(Clone)]
pub struct SigningKey(Key);

#[derive(Clone)]
enum Key {
    Ed25519 { pkcs8: Vec<u8>, public: Vec<u8> },
    Hs256 { secret: Vec<u8> },
}

impl SigningKey {
    /// An Ed25519 key from PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`SetupError::SigningKey`] where it is none.
    pub fn ed25519_pem(text: &str) -> Result<Self, SetupError> {
        let bad = |why: &str| SetupError::SigningKey(why.to_owned());
        let pkcs8 = pem::parse(text).map_err(|_| bad("it is not PEM"))?.into_contents();
        let pair =
            Ed25519KeyPair::from_pkcs8(&pkcs8).map_err(|_| bad("it is not an Ed25519 key in PKCS#8"))?;
        let public = pair.public_key().as_ref().to_vec();
        Ok(Self(Key::Ed25519 { pkcs8, public }))
    }

    /// A secret for another purpose, which the key gives and does not show in it.
    pub(crate) fn derive(&self, purpose: &str) -> [u8; 32] {
        let secret = match &self.0 {
            Key::Ed25519 { pkcs8, .. } => pkcs8,
            Key::Hs256 { secret } => secret,
        };
        let key = aws_lc_rs::hmac::Key::new(aws_lc_rs::hmac::HMAC_SHA256, secret);
        let mut derived = [0; 32];
        derived.copy_from_slice(aws_lc_rs::hmac::sign(&key, purpose.as_bytes()).as_ref());
        derived
    }

    /// A secret for HS256, of at least 32 bytes.
    ///
    /// # Errors
    /// [`SetupError::SigningKey`] where it is shorter.
    pub fn hs256(secret: &[u8]) -> Result<Self, SetupError> {
        if secret.len() < HS256_MIN_BYTES {
            return Err(SetupError::SigningKey(format!("HS256 needs at least {HS256_MIN_BYTES} bytes")));
        }
        Ok(Self(Key::Hs256 { secret: secret.to_vec() }))
    }

    /// A new Ed25519 key, as PKCS#8 in PEM.
    ///
    /// # Errors
    /// [`SetupError::SigningKey`] where the system gives no randomness.
    pub fn generate_ed25519_pem() -> Result<String, SetupError> {
        let failed = |_| SetupError::SigningKey("no key could be made".to_owned());
        let der = Ed25519KeyPair::generate().map_err(failed)?.to_pkcs8().map_err(failed)?;
        Ok(pem::encode(&pem::Pem::new("PRIVATE KEY", der.as_ref())))
    }

    fn algorithm(&self) -> Algorithm {
        match self.0 {
            Key::Ed25519 { .. } => Algorithm::EdDSA,
            Key::Hs256 { .. } => Algorithm::HS256,
        }
    }

    /// Names the key without giving anything of it away.
    fn id(&self) -> String {
        let digest = match &self.0 {
            Key::Ed25519 { public, .. } => Sha256::digest(public),
            Key::Hs256 { secret } => {
                Sha256::new().chain_update(b"kid:").chain_update(Sha256::digest(secret)).finalize()
            }
        };
        URL_SAFE_NO_PAD.encode(&digest[..12])
    }

    fn encoding(&self) -> EncodingKey {
        match &self.0 {
            Key::Ed25519 { pkcs8, .. } => EncodingKey::from_ed_der(pkcs8),
            Key::Hs256 { secret } => EncodingKey::from_secret(secret),
        }
    }

    fn decoding(&self) -> DecodingKey {
        match &self.0 {
            Key::Ed25519 { public, .. } => DecodingKey::from_ed_der(public),
            Key::Hs256 { secret } => DecodingKey::from_secret(secret),
        }
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

/// A signed token that names a session row, and how long the browser is to keep it.
#[derive(Clone)]
pub struct SessionToken {
    /// The JWT.
    pub jwt: String,
    /// `None`: until the browser closes.
    pub max_age: Option<Duration>,
}

impl fmt::Debug for SessionToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SessionToken").field("max_age", &self.max_age).finish_non_exhaustive()
    }
}

#[derive(Debug, Serialize, Deserialize)]
struct Claims {
    iss: String,
    aud: String,
    sub: Uuid,
    sid: Uuid,
    jti: Uuid,
    iat: i64,
    nbf: i64,
    exp: i64,
    auth_time: i64,
    amr: Vec<String>,
}

/// Whom a token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
    pub(crate) authenticated_at: OffsetDateTime,
}

/// Signs and reads session tokens (RFC 8725).
pub(crate) struct Tokens {
    header: Header,
    encoding: EncodingKey,
    decoding: DecodingKey,
    validation: Validation,
    issuer: String,
    audience: String,
    lifetime: Duration,
}

impl Tokens {
    pub(crate) fn new(settings: &Settings) -> Result<Self, SetupError> {
        let key = &settings.signing;
        let issuer = settings.issuer.clone();
        let audience = format!("{issuer}#session");
        let mut header = Header::new(key.algorithm());
        header.typ = Some(TYP.to_owned());
        header.kid = Some(key.id());
        let mut validation = Validation::new(key.algorithm());
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[&audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The library reads the machine's clock; times are compared with the request's own below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        let (encoding, decoding, lifetime) = (key.encoding(), key.decoding(), settings.token_lifetime);
        let tokens = Self { header, encoding, decoding, validation, issuer, audience, lifetime };
        tokens.self_test()?;
        Ok(tokens)
    }

    /// A key that signs what it cannot read would sign everybody out at the first request.
    fn self_test(&self) -> Result<(), SetupError> {
        let subject = Subject {
            user: UserId(Uuid::nil()),
            session: SessionId(Uuid::nil()),
            authenticated_at: OffsetDateTime::UNIX_EPOCH,
        };
        let jwt = self
            .sign(subject, Uuid::nil(), OffsetDateTime::UNIX_EPOCH)
            .map_err(|error| SetupError::SigningKey(error.to_string()))?;
        match self.read(&jwt, OffsetDateTime::UNIX_EPOCH) {
            Some(read) if read == subject => Ok(()),
            _ => Err(SetupError::SigningKey("it does not verify what it signs".to_owned())),
        }
    }

    /// A token for a session.
    pub(crate) fn issue(
        &self,
        subject: Subject,
        rng: &dyn Rng,
        now: OffsetDateTime,
    ) -> Result<String, Error> {
        self.sign(subject, uuid(rng, now), now).map_err(Error::internal)
    }

    fn sign(
        &self,
        subject: Subject,
        jti: Uuid,
        now: OffsetDateTime,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: subject.user.0,
            sid: subject.session.0,
            jti,
            iat: now.unix_timestamp(),
            nbf: now.unix_timestamp(),
            exp: (now + self.lifetime).unix_timestamp(),
            auth_time: subject.authenticated_at.unix_timestamp(),
            amr: vec!["pwd".to_owned()],
        };
        jsonwebtoken::encode(&self.header, &claims, &self.encoding)
    }

    /// Whom a token names, if we signed it for this purpose. A token past `exp` still names its
    /// session: the row says whether that lives, and the cookie is then renewed.
    pub(crate) fn read(&self, jwt: &str, now: OffsetDateTime) -> Option<Subject> {
        let token = jsonwebtoken::decode::<Claims>(jwt, &self.decoding, &self.validation).ok()?;
        let ours = token.header.typ == self.header.typ && token.header.kid == self.header.kid;
        let Claims { sub, sid, iat, nbf, exp, auth_time, .. } = token.claims;
        let latest = (now + LEEWAY).unix_timestamp();
        let begun = iat <= latest && nbf <= latest && exp >= nbf;
        (ours && begun).then_some(Subject {
            user: UserId(sub),
            session: SessionId(sid),
            authenticated_at: OffsetDateTime::from_unix_timestamp(auth_time).ok()?,
        })
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
