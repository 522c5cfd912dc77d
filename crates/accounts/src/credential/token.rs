use crate::credential::key::{Entry, KeyRing};
use crate::rng::{Rng, uuid};
use crate::{Accounts, Error, SetupError, policy};
use domain::{Factor, SessionId, SessionKind, UserId};
use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation};
use quick_cache::sync::Cache;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fmt;
use std::sync::Arc;
use store::sessions::Proof;
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How far two clocks may be apart.
const LEEWAY: Duration = Duration::seconds(30);
/// The longest life of an access token that anybody can set.
const LONGEST_ACCESS: Duration = Duration::days(1);
/// The longest token that is read: longer than any of ours, whatever the site's address.
const LONGEST: usize = 4_096;
/// How many verified tokens are cached: some 10 MB. Only our own tokens are.
const MOST_VERIFIED: usize = 10_000;

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
    /// None in a token of an older server.
    #[serde(default)]
    acr: Option<String>,
}

/// Whom a token names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Subject {
    pub(crate) user: UserId,
    pub(crate) session: SessionId,
}

/// What a token says. A request reads its token once: each further look would cost the token's hash again.
#[derive(Debug, Clone, Copy)]
pub struct ReadToken {
    kind: SessionKind,
    subject: Option<Subject>,
}

impl ReadToken {
    /// Whom it names as a token of this kind.
    pub(crate) fn of(self, kind: SessionKind) -> Option<Subject> {
        self.subject.filter(|_| self.kind == kind)
    }

    /// Whom it names as what it was read as.
    pub(crate) fn subject(self) -> Option<Subject> {
        self.subject
    }
}

impl Accounts {
    /// What a token says, for whoever needs it more than once. No row is looked at.
    #[must_use]
    pub fn read_token(&self, kind: SessionKind, jwt: &str, now: OffsetDateTime) -> ReadToken {
        ReadToken { kind, subject: self.inner.tokens.read(kind, jwt, now) }
    }
}

/// Signs and reads the tokens of every kind of session (RFC 8725).
pub(crate) struct Tokens {
    algorithm: Algorithm,
    /// Oldest first.
    keys: Vec<LoadedKey>,
    cookie: Purpose,
    access: Purpose,
    api_cookie: Purpose,
    issuer: String,
    lifetime: Duration,
    /// By the tokens' hashes, so that memory holds no token.
    verified: Cache<[u8; 32], Arc<Verified>>,
}

/// The claims of a token whose signature was verified. Its times are compared at every use.
struct Verified {
    claims: Claims,
    /// Which of the keys signed it.
    key: usize,
}

/// A key as it is used.
struct LoadedKey {
    entry: Entry,
    id: String,
    encoding: EncodingKey,
    decoding: DecodingKey,
}

/// What distinguishes one kind of token, so that no other passes for it (RFC 8725 sections 3.9 and 3.11).
struct Purpose {
    typ: &'static str,
    audience: String,
    validation: Validation,
}

impl Purpose {
    fn new(typ: &'static str, algorithm: Algorithm, issuer: &str, audience: &str) -> Self {
        let audience = format!("{issuer}#{audience}");
        let mut validation = Validation::new(algorithm);
        validation.set_issuer(&[issuer]);
        validation.set_audience(&[&audience]);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp", "nbf"]);
        // The library reads the machine's clock; times are compared with the request's own below.
        validation.validate_exp = false;
        validation.validate_nbf = false;
        Self { typ, audience, validation }
    }

    /// What a token for this purpose is known by.
    fn fingerprint(&self, jwt: &str) -> [u8; 32] {
        Sha256::new_with_prefix(self.typ).chain_update([0]).chain_update(jwt).finalize().into()
    }
}

impl LoadedKey {
    fn new(entry: &Entry) -> Self {
        let (id, encoding, decoding) = (entry.key.id(), entry.key.encoding(), entry.key.decoding());
        Self { entry: entry.clone(), id, encoding, decoding }
    }

    /// Whether this key may have signed a token at that time. A thief of a retired key can still backdate a token,
    /// which is then good only for as long as it would have been at that time.
    fn signed(&self, iat: i64) -> bool {
        self.entry.retired_at.is_none_or(|at| iat <= (at + LEEWAY).unix_timestamp())
    }
}

impl Tokens {
    pub(crate) fn new(keys: &KeyRing, issuer: &str, lifetime: Duration) -> Result<Self, SetupError> {
        let entries = keys.entries();
        let algorithm = entries
            .first()
            .map(|entry| entry.key.algorithm())
            .ok_or_else(|| SetupError::SigningKey("there is none".to_owned()))?;
        let tokens = Self {
            algorithm,
            keys: entries.iter().map(LoadedKey::new).collect(),
            cookie: Purpose::new("session+jwt", algorithm, issuer, "session"),
            access: Purpose::new("at+jwt", algorithm, issuer, "api"),
            api_cookie: Purpose::new("api-session+jwt", algorithm, issuer, "api-session"),
            issuer: issuer.to_owned(),
            lifetime,
            verified: Cache::new(MOST_VERIFIED),
        };
        tokens.self_test()?;
        Ok(tokens)
    }

    /// A key that signs what it cannot read would sign everybody out at the first request.
    fn self_test(&self) -> Result<(), SetupError> {
        for key in &self.keys {
            let subject = Subject { user: UserId(Uuid::nil()), session: SessionId(Uuid::nil()) };
            for kind in [SessionKind::Browser, SessionKind::Bearer, SessionKind::ApiCookie] {
                let jwt = self
                    .sign(kind, subject, &[], Uuid::nil(), key.entry.from)
                    .map_err(|error| SetupError::SigningKey(error.to_string()))?;
                if self.read(kind, &jwt, key.entry.from) != Some(subject) {
                    return Err(SetupError::SigningKey("it does not verify what it signs".to_owned()));
                }
            }
        }
        Ok(())
    }

    fn purpose(&self, kind: SessionKind) -> &Purpose {
        match kind {
            SessionKind::Browser => &self.cookie,
            SessionKind::Bearer => &self.access,
            SessionKind::ApiCookie => &self.api_cookie,
        }
    }

    /// A token for a session, which says what was proven in it (RFC 9068 section 2.2.1).
    pub(crate) fn issue(
        &self,
        kind: SessionKind,
        subject: Subject,
        factors: &[Proof],
        rng: &dyn Rng,
        now: OffsetDateTime,
    ) -> Result<String, Error> {
        self.sign(kind, subject, factors, uuid(rng, now), now).map_err(Error::internal)
    }

    fn sign(
        &self,
        kind: SessionKind,
        subject: Subject,
        factors: &[Proof],
        jti: Uuid,
        now: OffsetDateTime,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let purpose = self.purpose(kind);
        let proven: Vec<Factor> = factors.iter().map(|proof| proof.factor).collect();
        let authenticated_at = factors.iter().map(|proof| proof.at).max();
        let claims = Claims {
            iss: self.issuer.clone(),
            aud: purpose.audience.clone(),
            sub: subject.user.0,
            sid: subject.session.0,
            jti,
            iat: now.unix_timestamp(),
            nbf: now.unix_timestamp(),
            exp: (now + self.lifetime).unix_timestamp(),
            auth_time: authenticated_at.map_or(0, OffsetDateTime::unix_timestamp),
            amr: proven.iter().map(|factor| factor.as_str().to_owned()).collect(),
            acr: Some(policy::assurance(&proven).to_owned()),
        };
        let key = self.signing_key(now);
        let mut header = Header::new(self.algorithm);
        header.typ = Some(purpose.typ.to_owned());
        header.kid = Some(key.id.clone());
        jsonwebtoken::encode(&header, &claims, &key.encoding)
    }

    /// The newest key that has begun; before any has, the first.
    fn signing_key(&self, now: OffsetDateTime) -> &LoadedKey {
        self.keys.iter().rfind(|key| key.entry.from <= now).unwrap_or(&self.keys[0])
    }

    /// Whom a token names, if we signed it for this kind of session. A cookie's token past `exp` still names its
    /// session: the row says whether that is alive, and the cookie is renewed. A program renews its token itself, so
    /// for it `exp` is the end.
    pub(crate) fn read(&self, kind: SessionKind, jwt: &str, now: OffsetDateTime) -> Option<Subject> {
        let verified = self.verify(self.purpose(kind), jwt, now)?;
        let Claims { sub, sid, iat, nbf, exp, auth_time, .. } = verified.claims;
        let latest = (now + LEEWAY).unix_timestamp();
        let begun = iat <= latest && nbf <= latest && auth_time <= latest && exp >= nbf;
        let over = kind == SessionKind::Bearer
            && (exp <= (now - LEEWAY).unix_timestamp()
                || exp.saturating_sub(iat) > LONGEST_ACCESS.whole_seconds());
        let dated = OffsetDateTime::from_unix_timestamp(auth_time).is_ok();
        (begun && dated && !over).then_some(Subject { user: UserId(sub), session: SessionId(sid) })
    }

    /// The claims, if our signature is valid. The token says which key signed it, never which algorithm.
    fn verify(&self, purpose: &Purpose, jwt: &str, now: OffsetDateTime) -> Option<Arc<Verified>> {
        if jwt.len() > LONGEST {
            return None;
        }
        let fingerprint = purpose.fingerprint(jwt);
        if let Some(verified) = self.verified.get(&fingerprint) {
            // The key may have retired since.
            return self.keys.get(verified.key)?.entry.verifies(now).then_some(verified);
        }
        let header = jsonwebtoken::decode_header(jwt).ok()?;
        if header.typ.as_deref() != Some(purpose.typ) {
            return None;
        }
        let id = header.kid?;
        let (at, key) =
            self.keys.iter().enumerate().find(|(_, key)| key.id == id && key.entry.verifies(now))?;
        let claims: Claims = jsonwebtoken::decode(jwt, &key.decoding, &purpose.validation).ok()?.claims;
        if !key.signed(claims.iat) {
            return None;
        }
        let verified = Arc::new(Verified { claims, key: at });
        self.verified.insert(fingerprint, verified.clone());
        Some(verified)
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
