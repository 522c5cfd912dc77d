//! Test-only: a [`World`] with a real database, a clock moved by hand, a seeded rng, and members.
//!
//! Tests speak of people ("ana signs in"), not of tokens and rows. The product never depends on this crate.
#![expect(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test that cannot set itself up must fail loudly"
)]

mod authenticator;
mod clock;
mod mailbox;
pub mod passkey;
mod rng;
mod stores;
mod valkey;

pub use authenticator::{Authenticator, factor_form, pending, totp_code};
pub use clock::HandClock;
pub use mailbox::{Mailbox, link_token, mail_code};
pub use rng::SeededRng;
pub use stores::{Stores, patient};
pub use valkey::{Reply, SlowWay, Valkey, ValkeyCluster};

use accounts::{
    Accounts, Caller, Client, EncryptionKeys, Hashing, Precondition, RequestCtx, SessionToken, Settings,
    SignedIn, SigningKey,
};
use domain::{RegistrationForm, SignInForm, TokenPair};
use sqlx::PgPool;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use store::Store;

/// The address that tokens are issued for in tests.
pub const ISSUER: &str = "http://localhost:8000";
/// A password that the default policy accepts.
pub const PASSWORD: &str = "violet staircase under rain";
/// What secrets at rest are encrypted with in tests.
pub const ENCRYPTION_KEY: &str = "-----BEGIN ENCRYPTION KEY-----
KioqKioqKioqKioqKioqKioqKioqKioqKioqKioqKio=
-----END ENCRYPTION KEY-----
";

/// Everything a use case needs, under the test's control.
pub struct World {
    /// The use cases.
    pub accounts: Accounts,
    /// Moved by hand.
    pub clock: Arc<HandClock>,
    /// For looking at rows.
    pub pool: PgPool,
}

impl World {
    /// A world over a migrated database.
    #[must_use]
    pub fn new(pool: PgPool) -> Self {
        Self::with(pool, |_| ())
    }

    /// A world with other settings. The default hashing cost is the floor; it cannot be lowered.
    #[must_use]
    pub fn with(pool: PgPool, change: impl FnOnce(&mut Settings)) -> Self {
        let clock = Arc::new(HandClock::default());
        let accounts = Self::replica(&pool, &clock, change);
        Self { accounts, clock, pool }
    }

    /// Another server over the same database and clock.
    #[must_use]
    pub fn replica(pool: &PgPool, clock: &Arc<HandClock>, change: impl FnOnce(&mut Settings)) -> Accounts {
        let mut settings = Self::settings();
        change(&mut settings);
        let rng = Arc::new(SeededRng::default());
        Accounts::new(Store::from_pool(pool.clone()), settings, clock.clone(), rng).unwrap()
    }

    /// The default settings, with fixed keys so that replicas read each other's tokens and rows.
    #[must_use]
    pub fn settings() -> Settings {
        let mut settings = Settings::new(SigningKey::hs256(&[42; 32]).unwrap(), ISSUER);
        settings.encryption = Some(EncryptionKeys::from_pem(ENCRYPTION_KEY).unwrap());
        settings.hashing = Hashing::default();
        // On, but too high for tests of other things to reach.
        settings.rate_limit_per_minute = 100_000;
        settings
    }

    /// A stranger's request, now, from an address of their own: no limit is loosened for tests.
    #[must_use]
    pub fn stranger(&self) -> RequestCtx {
        static STRANGERS: AtomicU32 = AtomicU32::new(1);
        // Each stranger is in a /48 of their own.
        let [c, d, a, b] = STRANGERS.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        let address = Ipv6Addr::from([0x20, 1, 0xd, 0xb8, a, b, c, d, 0, 0, 0, 0, 0, 0, 0, 1]);
        let client =
            Client { address: IpAddr::V6(address), agent: "test".to_owned(), device: None, sign_up: None };
        RequestCtx {
            caller: Caller::Stranger,
            client,
            request_id: "test".to_owned(),
            now: self.accounts.now(),
            precondition: Precondition::None,
        }
    }

    /// A request with this token, now: a member's while the session is alive, else a stranger's.
    pub async fn holder(&self, signed_in: &SignedIn) -> RequestCtx {
        self.browser(&signed_in.token).await
    }

    /// The request of a browser with this cookie, now.
    pub async fn browser(&self, token: &SessionToken) -> RequestCtx {
        let ctx = self.stranger();
        let found = self.accounts.authenticate(&token.jwt, ctx.now).await.unwrap();
        RequestCtx { caller: found.map(|found| Caller::Member(found.member)).unwrap_or_default(), ..ctx }
    }

    /// The request of a program with this access token, now.
    pub async fn bearer(&self, pair: &TokenPair) -> RequestCtx {
        let ctx = self.stranger();
        let member = self.accounts.authenticate_bearer(&pair.access_token, ctx.now).await.unwrap();
        RequestCtx { caller: member.map(Caller::Member).unwrap_or_default(), ..ctx }
    }

    /// Signs `name@example.com` up with [`PASSWORD`].
    pub async fn member(&self, name: &str) -> SignedIn {
        self.accounts.sign_up(&self.stranger(), registration(name)).await.unwrap()
    }

    /// Signs a program in for a member made with [`World::member`].
    pub async fn program(&self, name: &str) -> TokenPair {
        let form = sign_in(&format!("{name}@example.com"), PASSWORD);
        self.accounts.sign_in_bearer(&self.stranger(), form).await.unwrap()
    }

    /// Sends every mail that is due, and returns them.
    pub async fn mail(&self) -> Vec<accounts::Message> {
        let mailbox = Mailbox::default();
        while self.accounts.send_due(&mailbox).await.unwrap() {}
        mailbox.take()
    }

    /// How many rows a statement counts.
    pub async fn count(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&self.pool).await.unwrap()
    }

    /// Waits until as many sessions of the database wait for locks. Asked outside of any transaction: within one,
    /// `pg_stat_activity` goes on showing the sessions that there were when it was first read.
    ///
    /// # Panics
    /// Panics after a minute: what should wait does not.
    pub async fn until_locked_out(&self, sessions: i64) {
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        let enough = async { while self.count(waiting).await < sessions {} };
        tokio::time::timeout(std::time::Duration::from_mins(1), enough).await.unwrap();
    }

    /// Runs a statement, to prepare what no use case can make.
    pub async fn execute(&self, sql: &'static str) {
        sqlx::query(sql).execute(&self.pool).await.unwrap();
    }
}

/// The form with which `name@example.com` signs up.
#[must_use]
pub fn registration(name: &str) -> RegistrationForm {
    RegistrationForm {
        email: format!("{name}@example.com"),
        password: PASSWORD.into(),
        ..RegistrationForm::default()
    }
}

/// The form with which somebody signs in.
#[must_use]
pub fn sign_in(identifier: &str, password: &str) -> SignInForm {
    SignInForm { identifier: identifier.to_owned(), password: password.into(), ..SignInForm::default() }
}
