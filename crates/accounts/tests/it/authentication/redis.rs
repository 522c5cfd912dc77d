//! What holds of counts in Redis alone. The promises themselves are proven over each store, beside this file.

use accounts::{Accounts, Clock, Error, RequestCtx, SigningKey, SystemClock};
use domain::{RegistrationForm, SessionKind};
use sqlx::PgPool;
use std::collections::HashSet;
use std::sync::Arc;
use store::Store;
use testkit::{PASSWORD, SeededRng, Stores, World, registration, sign_in};
use time::{Duration, OffsetDateTime};

/// The clock of a server that is wrong.
struct Wrong(Duration);

impl Clock for Wrong {
    fn now(&self) -> OffsetDateTime {
        SystemClock.now() + self.0
    }

    fn elapsed(&self) -> Duration {
        SystemClock.elapsed()
    }
}

/// A server whose clock is wrong by so many seconds.
fn replica(stores: &Stores, seconds: i64) -> Accounts {
    let mut settings = World::settings();
    settings.redis = stores.redis_settings();
    let store = Store::from_pool(stores.pool().clone());
    let clock = Arc::new(Wrong(Duration::seconds(seconds)));
    Accounts::new(store, settings, clock, Arc::new(SeededRng::default())).unwrap()
}

/// P23.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn replicas_whose_clocks_differ_by_twenty_seconds_count_alike_in_redis(pool: PgPool) {
    let stores = Stores::with_redis(pool);
    let world = stores.world();
    for seconds in [20, -20] {
        let (one, other) = (replica(&stores, seconds), replica(&stores, 0));
        let stranger = world.stranger();
        let wait = async |replica: &Accounts| {
            let ctx = RequestCtx { now: replica.now(), ..stranger.clone() };
            let form = RegistrationForm { password: "password123".into(), ..registration("ana") };
            match replica.sign_up(&ctx, form).await {
                Err(Error::TooManyTries { wait }) => Some(wait),
                _ => None,
            }
        };
        for _ in 0..5 {
            assert_eq!([wait(&one).await, wait(&other).await], [None, None], "{seconds}");
        }
        let [one, other] = [wait(&one).await.unwrap(), wait(&other).await.unwrap()];
        assert!((one - other).abs() < Duration::seconds(10), "{seconds}: {one} and {other}");
        assert!(one <= Duration::minutes(6) && other <= Duration::minutes(6), "{seconds}: {one} and {other}");
    }
}

/// P13.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn an_hour_has_fifty_sign_ins_also_where_redis_is_lost_and_comes_back_empty(pool: PgPool) {
    let stores = Stores::with_redis(pool);
    let (world, valkey) = (stores.world(), stores.redis().unwrap());
    let (ctx, mut admitted) = (world.stranger(), 0);
    for seconds in (0..3_600).step_by(20) {
        match seconds {
            600 => valkey.fill(),
            1_800 => {
                valkey.make_room();
                valkey.flush();
                world.accounts.probe_redis().await;
            }
            _ => {}
        }
        let ctx = RequestCtx { now: ctx.now + Duration::seconds(seconds), ..ctx.clone() };
        loop {
            let answer = world.accounts.sign_in(&ctx, sign_in(&format!("nobody-{admitted}"), "x")).await;
            if matches!(answer, Err(Error::TooManyTries { .. })) {
                break;
            }
            admitted += 1;
        }
    }
    assert!((45..=50).contains(&admitted), "{admitted}");
    assert_eq!(world.accounts.hash_count(), admitted);
}

/// P2: how often Redis is asked tells nothing about a name.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn redis_is_asked_as_often_for_any_name(pool: PgPool) {
    let stores = Stores::with_redis(pool);
    let world = stores.world();
    let form = RegistrationForm { username: "ana.p".into(), ..registration("ana") };
    world.accounts.sign_up(&world.stranger(), form).await.unwrap();
    world.member("disabled").await;
    world.execute("UPDATE users SET is_active = false WHERE email_canonical LIKE 'disabled@%'").await;
    let valkey = stores.redis().unwrap();
    let mut all = Vec::new();
    // The first is there to have the scripts loaded.
    for (one, other) in [
        ("somebody@example.com", "somebody"),
        ("nobody@example.com", "nobody"),
        ("ana@example.com", "ana.p"),
        ("disabled@example.com", "nobody-2"),
    ] {
        let mut asked = Vec::new();
        for n in 0..12 {
            let name = if n % 3 == 2 { other } else { one };
            let password = if n % 2 == 0 { "not the password" } else { PASSWORD };
            valkey.ask(&["CONFIG", "RESETSTAT"]);
            // The account waits after four, and then its own password is looked at no more.
            let password = if n < 4 { "not the password" } else { password };
            let answer = world.accounts.sign_in(&world.stranger(), sign_in(name, password)).await;
            assert!(answer.is_err(), "{name} {n}");
            asked.push(commands(&valkey.info("commandstats")));
        }
        all.push(asked);
    }
    assert!(all[1].iter().all(|asked| *asked >= 2), "{:?}", all[1]);
    for asked in &all[2..] {
        assert_eq!(*asked, all[1]);
    }
    // A right password has failures to forgive.
    world.member("ben").await;
    for (password, done) in [("not the password", false), (PASSWORD, true)] {
        valkey.ask(&["CONFIG", "RESETSTAT"]);
        let answer = world.accounts.sign_in(&world.stranger(), sign_in("ben@example.com", password)).await;
        assert_eq!(answer.is_ok(), done);
        all.push(vec![commands(&valkey.info("commandstats"))]);
    }
    // docs/architecture.md says so; the call itself is one more.
    assert!(all[1..].iter().flatten().all(|asked| *asked < 8), "{all:?}");
}

/// How many commands were run, apart from a test's own and those that only scripts run.
fn commands(stats: &str) -> u32 {
    let others = [
        "info",
        "config|resetstat",
        "time",
        "get",
        "set",
        "hmget",
        "hget",
        "hset",
        "hincrby",
        "pexpire",
        "del",
    ];
    let command = |line: &str| {
        let (name, numbers) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let calls = numbers.split(',').next()?.parse::<u32>().ok()?;
        (!others.contains(&name)).then_some(calls)
    };
    stats.lines().filter_map(command).sum()
}

/// Whoever reads Redis cannot try out names, addresses and sessions without a secret of ours.
#[sqlx::test(migrator = "store::MIGRATOR")]
async fn keys_in_redis_depend_on_the_signing_key(pool: PgPool) {
    let stores = Stores::with_redis(pool);
    let world = stores.world();
    world.member("ana").await;
    let (stranger, redis) = (world.stranger(), stores.redis().unwrap());
    let mut seen = HashSet::new();
    for secret in [[1; 32], [2; 32]] {
        let keys = async || {
            redis.flush();
            let replica = stores.replica(&world.clock, |settings| {
                settings.signing = SigningKey::hs256(&secret).unwrap().into();
                settings.rate_limit_per_minute = 60;
            });
            let refused = replica.sign_in(&stranger, sign_in("ana@example.com", "not the password")).await;
            assert!(matches!(refused, Err(Error::WrongCredentials)));
            replica.check_rate_limit(SessionKind::Browser, None, stranger.client.address, stranger.now).await;
            let keys = redis.keys().into_iter().filter(|key| !key.ends_with(":probe"));
            keys.collect::<HashSet<_>>()
        };
        let (keys, of_another_replica) = (keys().await, keys().await);
        assert_eq!(keys, of_another_replica, "they count together");
        for kind in [":rate:", ":streak:", ":calls"] {
            assert!(keys.iter().any(|key| key.contains(kind)), "{kind}");
        }
        assert!(keys.is_disjoint(&seen), "{keys:?}");
        seen = keys;
    }
}
