//! P6 over two servers that hear of each other in one way alone: what one changes acts at once at the other.

use crate::crew::{admin, admin_patch, again, appoint};
use accounts::{Accounts, Invalidations, RedisSettings, RequestCtx, SignedIn};
use domain::{AddressForm, PasswordForm, ResetForm, SessionKind, TokenPair};
use serde_json::json;
use sqlx::{AssertSqlSafe, PgPool};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::{Listening, Store, StoreOptions};
use testkit::{HandClock, PASSWORD, SeededRng, Valkey, World, link_token};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// Each ends a session that a program has, or the rights that it had with it.
const TRIGGERS: [&str; 8] = [
    "sign-out",
    "a session ended",
    "all others ended",
    "a change of password",
    "a reset",
    "an account disabled",
    "an account deleted",
    "an admin demoted",
];
const NEW: &str = "copper lanterns over water";

/// Two servers: changes are made here, and programs call there.
struct Servers {
    here: World,
    there: Accounts,
    /// Told of each word that has come there.
    heard: Arc<Notify>,
    /// What servers do all the time.
    _jobs: JoinSet<()>,
}

/// A program that is known there, and who may end that.
struct Trial {
    pair: TokenPair,
    program: RequestCtx,
    browser: RequestCtx,
    member: SignedIn,
    name: String,
}

impl Servers {
    /// By Redis alone, or by LISTEN alone. A busy machine is no reason to lose Redis.
    async fn new(pool: &PgPool, redis: Option<&Valkey>) -> Self {
        let clock = Arc::new(HandClock::default());
        let accounts = server(pool, &clock, redis.map(|redis| (redis, Duration::from_secs(10))));
        let here = World { accounts, clock: clock.clone(), pool: pool.clone() };
        let (there, heard, mut jobs) = (
            server(pool, &clock, redis.map(|redis| (redis, Duration::from_secs(10)))),
            Arc::<Notify>::default(),
            JoinSet::new(),
        );
        if let Some(mut announcements) = here.accounts.announcements() {
            jobs.spawn(async move {
                loop {
                    let changed = announcements.next().await;
                    announcements.publish(&changed).await.unwrap();
                }
            });
        }
        let mut invalidations = listen(&there).await;
        let each = heard.clone();
        jobs.spawn(async move {
            loop {
                invalidations.next_invalidation().await.unwrap();
                each.notify_one();
            }
        });
        Self { here, there, heard, _jobs: jobs }
    }

    async fn trial(&self, name: String) -> Trial {
        let member = self.here.member(&name).await;
        appoint(&self.here, member.viewer.id).await;
        let pair = self.here.program(&name).await;
        let trial = Trial {
            program: self.here.bearer(&pair).await,
            browser: self.here.holder(&again(&self.here, &name).await).await,
            pair,
            member,
            name,
        };
        while !self.is_cached(&trial).await {}
        trial
    }

    async fn is_known(&self, trial: &Trial) -> bool {
        let now = self.there.now();
        self.there.authenticate_cached(&trial.pair.access_token, now).await.unwrap().is_some()
    }

    async fn is_cached(&self, trial: &Trial) -> bool {
        let before = self.there.cache_hits();
        assert!(self.is_known(trial).await);
        self.there.cache_hits() > before
    }

    /// When the first call came there that was refused. No time passes by the servers' clock, so no row ends by its age.
    async fn until_refused(&self, trial: &Trial) -> Duration {
        let begun = Instant::now();
        loop {
            let called = begun.elapsed();
            if !self.is_known(trial).await {
                return called;
            }
            tokio::time::timeout(Duration::from_secs(20), self.heard.notified()).await.unwrap();
        }
    }

    async fn make(&self, trigger: &str, boss: &RequestCtx, trial: &Trial) {
        let (accounts, user, new_password) = (&self.here.accounts, trial.member.viewer.id, || NEW.into());
        let patch =
            |patch| async move { accounts.change_user(boss, user, admin_patch(patch)).await.map(drop) };
        let done = match trigger {
            "sign-out" => accounts.sign_out(&trial.program).await,
            "a session ended" => {
                let sessions = accounts.sessions(&trial.browser).await.unwrap();
                let own = sessions.iter().find(|session| session.kind == SessionKind::Bearer).unwrap();
                accounts.end_my_session(&trial.browser, own.id).await
            }
            "all others ended" => accounts.end_my_other_sessions(&trial.browser).await.map(drop),
            "a change of password" => {
                let form = PasswordForm { current_password: PASSWORD.into(), new_password: new_password() };
                accounts.change_password(&trial.browser, form).await.map(drop)
            }
            "a reset" => {
                let form = AddressForm { email: format!("{}@example.com", trial.name) };
                accounts.forgot_password(&self.here.stranger(), form).await.unwrap();
                let mails = self.here.mail().await;
                let mail = mails.iter().find(|mail| mail.text.contains("/reset#")).unwrap();
                let token = link_token(mail, "reset").as_str().into();
                let form = ResetForm { token, new_password: new_password(), ..ResetForm::default() };
                accounts.reset_password(&self.here.stranger(), form).await.map(drop)
            }
            "an account disabled" => patch(json!({"is_active": false})).await,
            "an account deleted" => accounts.delete_user(boss, user).await,
            "an admin demoted" => patch(json!({"role": "user"})).await,
            other => panic!("{other} is not in this list"),
        };
        done.unwrap();
    }

    /// How long programs were still served after as many of each trigger.
    async fn times(&self, trials: usize) -> Vec<(&'static str, Vec<Duration>)> {
        let boss = self.here.holder(&admin(&self.here, "boss").await).await;
        let mut all = Vec::new();
        for (t, trigger) in TRIGGERS.into_iter().enumerate() {
            let mut times = Vec::new();
            for n in 0..trials {
                let trial = self.trial(format!("n{t}x{n}")).await;
                self.make(trigger, &boss, &trial).await;
                times.push(self.until_refused(&trial).await);
            }
            times.sort_unstable();
            all.push((trigger, times));
        }
        all
    }
}

fn server(pool: &PgPool, clock: &Arc<HandClock>, redis: Option<(&Valkey, Duration)>) -> Accounts {
    let listening = if redis.is_some() { Listening::Off } else { Listening::AsRequests };
    let options = StoreOptions { listening, ..StoreOptions::new(pool.connect_options().as_ref().clone()) };
    let mut settings = World::settings();
    settings.redis = redis.map(|(redis, answer_within)| RedisSettings {
        answer_within,
        ..RedisSettings::at("127.0.0.1", redis.port())
    });
    Accounts::new(Store::open(&options), settings, clock.clone(), Arc::new(SeededRng::default())).unwrap()
}

/// To the only source.
async fn listen(accounts: &Accounts) -> Invalidations {
    let sources = accounts.sources();
    assert_eq!(sources.len(), 1);
    loop {
        if let Ok(invalidations) = accounts.listen(&sources[0]).await {
            return invalidations;
        }
    }
}

async fn acts_at_once(servers: &Servers) {
    for (trigger, times) in servers.times(1).await {
        assert!(times.iter().all(|time| *time <= Duration::from_secs(1)), "{trigger}: {times:?}");
    }
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn by_listen_alone_each_trigger_acts_at_once_on_the_other_server(pool: PgPool) {
    // As the next version does, and as it is where an engine keeps tables on other nodes.
    for (trigger, table) in [("sessions_tell", "sessions"), ("users_tell", "users")] {
        let drop = AssertSqlSafe(format!("DROP TRIGGER {trigger} ON {table}"));
        sqlx::query(drop).execute(&pool).await.unwrap();
    }
    acts_at_once(&Servers::new(&pool, None).await).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
async fn by_redis_alone_each_trigger_acts_at_once_on_the_other_server(pool: PgPool) {
    let valkey = Valkey::start();
    acts_at_once(&Servers::new(&pool, Some(&valkey)).await).await;
}

async fn how_long(servers: &Servers) {
    let mut late = 0;
    for (trigger, times) in servers.times(100).await {
        late += times.iter().filter(|time| **time > Duration::from_secs(1)).count();
        let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
        println!("{trigger}: median {median:?}, worst {worst:?} of {}", times.len());
    }
    assert_eq!(late, 0, "accepted after 1 s");
}

#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "a measurement, for `cargo nextest run --run-ignored only`"]
async fn how_long_a_trigger_takes_to_act_on_the_other_server_by_listen(pool: PgPool) {
    how_long(&Servers::new(&pool, None).await).await;
}

#[sqlx::test(migrator = "store::MIGRATOR")]
#[ignore = "a measurement, for `cargo nextest run --run-ignored only`"]
async fn how_long_a_trigger_takes_to_act_on_the_other_server_by_redis(pool: PgPool) {
    let valkey = Valkey::start();
    how_long(&Servers::new(&pool, Some(&valkey)).await).await;
}

/// A server whose only source is lost remembers nothing, and begins anew once it hears again.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn who_hears_redis_alone_caches_nothing_once_it_is_lost(pool: PgPool) {
    let mut valkey = Valkey::start();
    let clock = Arc::new(HandClock::default());
    let here = World { accounts: server(&pool, &clock, None), clock: clock.clone(), pool: pool.clone() };
    let there = server(&pool, &clock, Some((&valkey, Duration::from_millis(200))));
    here.member("ana").await;
    let pair = here.program("ana").await;
    let hits = async || {
        let before = there.cache_hits();
        for _ in 0..2 {
            assert!(there.authenticate_cached(&pair.access_token, there.now()).await.unwrap().is_some());
        }
        there.cache_hits() - before
    };
    assert_eq!(hits().await, 0, "before it listens");
    for way in ["frozen", "killed"] {
        let mut invalidations = listen(&there).await;
        assert_eq!(hits().await, 1, "{way}");
        if way == "frozen" {
            valkey.stop();
        } else {
            valkey.kill();
        }
        while invalidations.next_invalidation().await.is_ok() {}
        assert_eq!(hits().await, 0, "{way}");
        assert!(there.listen(&there.sources()[0]).await.is_err(), "{way}");
        if way == "frozen" {
            valkey.go_on();
        } else {
            valkey.restart();
        }
    }
    let _invalidations = listen(&there).await;
    assert_eq!(hits().await, 1);
}
