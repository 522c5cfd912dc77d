//! The use cases: signing up, in and out, sessions, profile, password. Every rule is in this crate.
//!
//! One file per use case; each takes the [`RequestCtx`] first (who calls, from where, when), parses its form, decides
//! by [`policy`], and writes in one transaction with its audit event inside. There is no HTTP here, no page and no SQL;
//! time and randomness come in through [`Clock`] and [`Rng`], and clippy forbids every other source.

mod account;
mod admin;
mod audit;
mod authentication;
mod clock;
mod context;
mod credential;
mod database_clock;
mod error;
pub mod identifier;
mod import;
pub mod limits;
mod logo;
mod mail;
mod measures;
mod one_time;
pub mod policy;
mod raw_token;
mod reading;
pub mod retention;
mod rng;
mod session;
mod settings;
mod site_proof;
pub mod version;
mod view;

pub use account::{EncodedAccount, Export, PasswordChanged, Proven, SignUp, SignUpForm};
pub use admin::{LinkFor, NewAdmin, PrintedLink};
pub use audit::{AuditFile, AuditFormat, Finding, Seal, Verified, begin_of_day};
pub use authentication::{FactorAdded, PendingTotp, SignedIn};
pub use clock::{Clock, SystemClock};
pub use context::{Caller, Client, Member, Precondition, RequestCtx};
pub use credential::{
    BreachedPasswords, EncryptionKeys, Hashing, KeyRing, LEAST_PASSWORD_SCORE, ReadToken, SessionToken,
    SigningKey, is_pattern,
};
pub use error::{Error, Field, PendingSignIn, SetupError};
pub use import::{Import, ImportCounts, ImportLine, Judged, Remark, RemarkKind};
pub use jsonwebtoken::jwk::JwkSet;
pub use limits::RateLimit;
pub use logo::Logo;
pub use mail::{Mailer, Message, Undelivered};
pub use measures::{Backlog, HashingMeasures, Measures};
pub use policy::RequireFactor;
pub use raw_token::RawToken;
pub use redis_store::{RedisNode, RedisSettings, RedisTls};
pub use rng::{ReadAheadRng, Rng, SystemRng};
pub use session::{Announcements, Authenticated, InvalidationError, Invalidations, Source};
pub use settings::{MailSettings, Settings, Signup};
pub use view::timestamp;

use credential::{Hasher, LastCount, Tokens};
use database_clock::{DatabaseClock, Skew};
use limits::RateLimiter;
use limits::counts::Counts;
use limits::key::RedisKeys;
use measures::Tally;
use redis_store::Redis;
use rng::OrderedIds;
use session::SessionCache;
use std::sync::Arc;
use store::Store;
use time::OffsetDateTime;
use webauthn::RelyingParty;

/// All use cases over one database. Cheap to clone.
#[derive(Clone)]
pub struct Accounts {
    inner: Arc<Inner>,
}

struct Inner {
    store: Store,
    settings: Settings,
    clock: Arc<dyn Clock>,
    rng: Arc<dyn Rng>,
    event_ids: OrderedIds,
    hasher: Hasher,
    last_hash_count: LastCount,
    tokens: Tokens,
    counts: Counts,
    rate_limiter: Option<RateLimiter>,
    session_cache: SessionCache,
    database_clock: DatabaseClock,
    network_key: [u8; 32],
    redis: Option<Redis>,
    relying_party: Option<RelyingParty>,
    figures: admin::KeptFigures,
    tally: Tally,
}

impl Accounts {
    /// The use cases over `store`.
    ///
    /// # Errors
    /// [`SetupError`] where the hashing parameters are below the floor, or the key or Redis' address cannot be used.
    pub fn new(
        store: Store,
        settings: Settings,
        clock: Arc<dyn Clock>,
        rng: Arc<dyn Rng>,
    ) -> Result<Self, SetupError> {
        let hasher = Hasher::new(&settings.hashing, &settings.signing.derive("dummy hashes"), rng.clone())?;
        let tokens = Tokens::new(&settings.signing, &settings.issuer, settings.token_lifetime)?;
        let redis = settings.redis.as_ref().map(Redis::open).transpose()?;
        let redis_keys = RedisKeys::new(&settings.signing.derive("counts in Redis"));
        let passkeys = settings.signing.derive("passkey challenges");
        let relying_party = RelyingParty::new(&settings.issuer, &passkeys).ok();
        let limit = settings.rate_limit_per_minute;
        let rate_limiter = RateLimiter::new(limit, redis.clone(), redis_keys.clone(), &clock);
        let session_cache = session::session_cache(&store, redis.as_ref());
        let inner = Inner {
            network_key: settings.signing.derive("networks"),
            database_clock: DatabaseClock::default(),
            counts: Counts::new(store.clone(), redis.clone(), redis_keys),
            store,
            settings,
            clock,
            event_ids: OrderedIds::new(rng.as_ref()),
            rng,
            hasher,
            last_hash_count: LastCount::default(),
            tokens,
            rate_limiter,
            session_cache,
            redis,
            relying_party,
            figures: admin::KeptFigures::default(),
            tally: Tally::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// The time, read once for each request and then carried as [`RequestCtx::now`].
    #[must_use]
    pub fn now(&self) -> OffsetDateTime {
        self.inner.clock.now()
    }

    /// What pages and mails show in place of the mark.
    #[must_use]
    pub fn logo(&self) -> Option<Arc<Logo>> {
        self.settings().mail.logo.clone()
    }

    /// The public keys that verify our tokens now.
    #[must_use]
    pub fn jwks(&self) -> JwkSet {
        self.settings().signing.jwks(self.now())
    }

    /// Whether requests can be served: the database answers, its schema is ours, and so is its time.
    ///
    /// # Errors
    /// [`Error::Unavailable`], [`Error::NotMigrated`] or [`Error::ClockSkew`] where not.
    pub async fn ready(&self) -> Result<(), Error> {
        if !self.inner.store.is_ready().await? {
            return Err(Error::NotMigrated);
        }
        self.check_clock()
    }

    fn check_clock(&self) -> Result<(), Error> {
        if self.inner.database_clock.skew() == Skew::TooFar { Err(Error::ClockSkew) } else { Ok(()) }
    }

    /// How many password hashes were computed since the start: what promise P2 counts.
    #[must_use]
    pub fn hash_count(&self) -> u64 {
        self.inner.hasher.count()
    }

    /// How many of these were not Argon2: hashes of other services, and the dummies of unknown names while such hashes
    /// remain (promise P2).
    #[must_use]
    pub fn foreign_hash_count(&self) -> u64 {
        self.inner.hasher.foreign_count()
    }

    /// Whether a database is set up for reads that may be a second old.
    #[must_use]
    pub fn has_replica(&self) -> bool {
        self.store().has_replica()
    }

    /// Finds out whether that can be used; they go there from then on, and to the primary where it cannot.
    ///
    /// # Errors
    /// [`Error::Unavailable`] where it cannot.
    pub async fn probe_replica(&self) -> Result<(), Error> {
        Ok(self.store().probe_replica().await?)
    }

    /// Finds out whether Redis works, if it is set up; the log tells.
    pub async fn probe_redis(&self) {
        if let Some(redis) = &self.inner.redis {
            redis.probe().await;
        }
    }

    /// Watches Redis for as long as it is polled, if it is set up: one that is down is used again once it is back, and
    /// then told what it has not heard.
    pub async fn watch_redis(&self) {
        if let Some(redis) = &self.inner.redis {
            tokio::join!(redis.watch(), self.settle_counts());
        }
    }

    fn store(&self) -> &Store {
        &self.inner.store
    }

    fn settings(&self) -> &Settings {
        &self.inner.settings
    }
}
